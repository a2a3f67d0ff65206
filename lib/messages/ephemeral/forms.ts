import { z } from 'zod';
import { text } from '../../http/fields.ts';

// Input of requests about ephemeral messages. lib/api generates the OpenAPI document from the same schemas.

const MAX_KEY = 200;

export const ephemeralForm = z.object({
  user: text.min(1, 'must name a member').max(100, 'must have 100 characters at most').describe('Who sees it: the name or id of a member.'),
  body: text.describe('The text.'),
  format: z
    .enum(['text', 'markdown'], 'must be text or markdown')
    .optional()
    .describe('Format of the text. Default: text, markdown for a body sent as text/markdown.'),
  key: text.min(1).max(MAX_KEY).optional().describe('Like the header Idempotency-Key: the same key is sent once.'),
});
