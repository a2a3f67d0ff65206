import { z } from 'zod';
import { flag, replyTo, text } from '../http/fields.ts';

// Input of requests about drafts. lib/api generates the OpenAPI document from the same schemas.

const format = z.enum(['text', 'markdown'], 'must be text or markdown').optional();

export const beginForm = z.object({
  body: text.default('').describe('The text so far.'),
  format: format.describe('Format of the text. Default: text, markdown for a body sent as text/markdown.'),
  reply_to: replyTo,
});

export const updateForm = z
  .object({
    append: text.optional().describe('Added at the end of the text. Empty: the draft stays open for another 60 s.'),
    body: text.optional().describe('The whole text, in place of the present one.'),
  })
  .refine(({ append, body }) => (append === undefined) !== (body === undefined), {
    message: 'give append or body, one of them',
    path: ['append'],
  });

export const commitForm = z.object({
  body: text.optional().describe('The complete text. Default: that of the open draft. Needed when the draft has ended.'),
  format: format.describe('Default: that of the open draft.'),
  reply_to: replyTo.describe('The seq of the message that it answers. Default: that of the open draft.'),
  notify_all: flag
    .default(false)
    .describe('Whether @all notifies all members of a group with more than 10 members; otherwise it is plain text there.'),
});
