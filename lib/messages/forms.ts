import { z } from 'zod';
import { ALT_FIELDS, type AltTexts, MAX_ALT_LENGTH } from '../files/alt.ts';
import { flag, onOrOff, replyTo, text, wholeNumber } from '../http/fields.ts';
import { actionsInput, lockInput } from './actions/forms.ts';
import { MAX_KEY_LENGTH } from './operations.ts';

/** YYYY-MM-DD or empty, from the year 1000 on, with the days of each month; isDay refuses 29 February of other than leap years. */
const DAY = /^([1-9]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|[12]\d)))?$/;
const isDay = (day: string): boolean => new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) === true;

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

// Input of requests about messages. lib/api generates the OpenAPI document from the same schemas.

const body = text.describe('The text of the message.');

const format = z
  .enum(['text', 'markdown'], 'must be text or markdown')
  .optional()
  .describe(
    'Format of the body. Default: text for a new message, the present format for an edit, markdown for a body sent as text/markdown.',
  );

export const postForm = z.object({
  body,
  format,
  notify_all: flag
    .default(false)
    .describe('Whether @all notifies all members of a group with more than 10 members; otherwise it is plain text there.'),
  reply_to: replyTo,
  actions: actionsInput.optional(),
  key: text.max(MAX_KEY_LENGTH).optional().describe('Like the header Idempotency-Key, for forms: the same key and text post once.'),
  back: z.literal('thread', 'must be thread').optional().describe('For forms: redirect to the page of the thread.'),
});

const altText = text
  .max(MAX_ALT_LENGTH, `must have ${MAX_ALT_LENGTH} characters at most`)
  .optional()
  .describe(
    'What the picture shows, for those who do not see it. The number is that of the file in the message; an empty text removes it.',
  );
const altFields = Object.fromEntries(ALT_FIELDS.map((name) => [name, altText])) as Record<keyof AltTexts, typeof altText>;

/** For a text (`text/plain`, `text/markdown`), which has no fields. A field of the body takes precedence. */
export const postQuery = z.object({ reply_to: replyTo.describe('The seq of the message that this one answers; for a body of text.') });

/** With files, which are read separately; the text is then optional. */
export const uploadForm = postForm.omit({ actions: true }).extend({ body: body.default(''), ...altFields });

export const editForm = z.object({
  body,
  format,
  quiet: flag
    .default(false)
    .describe(
      'Of a bot that writes on: the message does not count as edited, nobody is notified, and no webhook is called. Mentions stay as they were.',
    ),
  ...altFields,
});

/** Of a program, for a message that it keeps up to date. */
export const upsertForm = editForm.extend({ actions: actionsInput.optional() });

/** Of a program. */
export const patchForm = editForm
  .extend({ body: body.optional(), actions: actionsInput.optional(), lock: lockInput.optional() })
  .refine((given) => [given.body, given.actions, given.lock].some((one) => one !== undefined), { message: 'must be text', path: ['body'] });

export const reactionForm = z.object({
  emoji: text.max(64, 'must have 64 characters at most').describe('One emoji, or up to 16 characters of text, without a slash.'),
  on: onOrOff.default('1').describe('1: add the reaction, 0: remove it.'),
});

export const pinForm = z.object({ on: onOrOff.default('1').describe('1: pin the message, 0: unpin it.') });

export const saveForm = z.object({
  on: onOrOff.default('1').describe('1: save the message, 0: remove it from the saved messages.'),
  back: z.literal('saved').optional().describe('For forms: redirect to /saved.'),
});

export const savedQuery = z.object({
  cursor: text.optional().describe('The cursor in `next` of the previous page.'),
  limit: wholeNumber('Number of messages, 100 at most.')
    .default(50)
    .transform((limit) => Math.min(Math.max(limit, 1), 100)),
});

export const windowQuery = z.object({
  before: wholeNumber('Only messages before this seq.').optional(),
  after: wholeNumber('Only messages after this seq.').optional(),
  around: wholeNumber('The messages around this seq, including it.').optional(),
  date: z
    .string('must be a day, such as 2026-11-01')
    .regex(DAY, 'must be a day, such as 2026-11-01')
    .refine((day) => day === '' || isDay(day), 'must be a day, such as 2026-11-01')
    .optional()
    .describe('From the first message on or after this day, such as 2026-11-01; the newest messages when there is none.'),
  zone: z
    .string('must be a time zone, such as Europe/Berlin')
    .refine(isZone, 'must be a time zone, such as Europe/Berlin')
    .default('UTC')
    .describe('The time zone of `date`, such as Europe/Berlin.'),
  limit: wholeNumber('Number of messages, 200 at most.').default(50),
  thread: wholeNumber('Only the thread of the message with this seq: its root and all replies. Not with `around` or `date`.').optional(),
});

export const followForm = z.object({
  on: onOrOff.default('1').describe('1: follow the thread, 0: leave it.'),
  back: z.literal('threads').optional().describe('For forms: redirect to /threads.'),
});

export const threadReadForm = z.object({
  seq: wholeNumber('The seq of the last message read; without it, the end of the thread.').optional(),
});

export const threadQuery = z.object({ before: wholeNumber('Only replies before this seq.').optional() });

export const versionsQuery = z.object({ before: wholeNumber('Only versions before the one with this seq.').optional() });

/** Only in URLs of pages: the first unread message, since the read mark may have moved after the link was rendered; the message to return to. */
export const pageQuery = windowQuery.extend({
  unread: wholeNumber('The seq of the first unread message.').optional(),
  at: wholeNumber('The seq of the message to return to.').optional(),
});

export const readForm = z
  .object({
    n: wholeNumber('The number of the last message read.').optional(),
    seq: wholeNumber('The seq of the last entry read.').optional(),
    unread: onOrOff.default('0').describe('1: moves the read mark back, so that the message with this seq and all later ones are unread.'),
  })
  .refine(({ n, seq }) => n === undefined || seq === undefined, { message: 'give n or seq, not both', path: ['seq'] })
  .refine(({ seq, unread }) => unread === '0' || seq !== undefined, { message: 'is required with unread', path: ['seq'] });
