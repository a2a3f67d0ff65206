import { z } from 'zod';
import { replyTo, shortText, text } from '../http/fields.ts';
import { MAX_KEY_LENGTH } from '../log/keys.ts';

// Input of requests about scheduled messages. lib/api generates the OpenAPI document from the same schemas.

const format = z.enum(['text', 'markdown'], 'must be text or markdown').optional();

const at = z
  .union([z.number('must be a time'), shortText], 'must be a time')
  .optional()
  .describe(
    'When it is sent: ISO 8601 with a zone, such as 2026-12-01T14:00:00+01:00, or milliseconds since 1970; at least now, a year ahead at most. Without a zone it is in `time_zone`.',
  );

const timeZone = shortText
  .optional()
  .describe('The zone of a time without one: an IANA name, such as Europe/Paris; empty: the one in your settings, else UTC.');

const pick = z.enum(['hour', 'tomorrow', 'monday'], 'must be hour, tomorrow or monday').optional();

export const scheduleForm = z.object({
  body: text.describe('The text of the message.'),
  at,
  time_zone: timeZone,
  format: format.describe('Format of the text. Default: text, markdown for a body sent as text/markdown.'),
  reply_to: replyTo,
  key: text.max(MAX_KEY_LENGTH).optional().describe('Like the header Idempotency-Key, for forms: the same key and text schedule once.'),
  pick: pick.describe('For forms: in place of `at`.'),
});

/** For a text, which has no fields. A field of the body takes precedence. */
export const scheduleQuery = z.object({
  at: shortText.optional().describe('When it is sent; for a body of text.'),
  time_zone: shortText.optional().describe('The zone of `at`; for a body of text.'),
  reply_to: replyTo.describe('The seq of the message that this one answers; for a body of text.'),
});

export const changeForm = z
  .object({
    body: text.optional().describe('The new text.'),
    at: at.describe('The new time, as when scheduling.'),
    time_zone: timeZone,
    format,
  })
  .refine((given) => [given.body, given.at, given.format].some((one) => one !== undefined), { message: 'must be text', path: ['body'] });

/** Of the pages. `cancel`: the button that was pressed. */
export const itemForm = z.object({
  cancel: z.literal('1', 'must be 1').optional(),
  body: text.default(''),
  at: shortText.default(''),
  time_zone: shortText.default(''),
  pick,
});

/** What was typed in the composer. */
export const draftForm = z.object({ body: text.default(''), reply_to: z.unknown().optional() });
