import { z } from 'zod';
import { flag, onOrOff, text, wholeNumber } from '../http/fields.ts';
import { MAX_KEY_LENGTH } from './operations.ts';

/** YYYY-MM-DD or nothing, from the year 1000 on, with the days of each month; 29 February of a year without it is refused by isDay. */
const DAY = /^([1-9]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|[12]\d)))?$/;
const isDay = (day: string): boolean => new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) === true;

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

// What a client says of messages. These very schemas check it, and lib/api makes the API's description of them.

const body = text.describe('What the message says.');

const format = z
  .enum(['text', 'markdown'], 'must be text or markdown')
  .optional()
  .describe(
    'How the body is written. A new message is text unless this says otherwise, an edited one stays what it was. A body sent as text/markdown is markdown.',
  );

export const postForm = z.object({
  body,
  format,
  notify_all: flag.default(false).describe('Whether @all notifies everybody in a group of more than ten members; else it is text there.'),
  key: text.max(MAX_KEY_LENGTH).optional().describe('As the header Idempotency-Key, for forms: the same key and text post once.'),
});

/** With files: these are read apart, and the text may be left out. */
export const uploadForm = postForm.extend({ body: body.default('') });

export const editForm = z.object({ body, format });

export const reactionForm = z.object({
  emoji: text.max(64, 'must have 64 characters at most').describe('One emoji, or up to 16 characters of text, without a slash.'),
  on: onOrOff.default('1').describe('Whether the reaction should be there afterwards.'),
});

export const pinForm = z.object({ on: onOrOff.default('1').describe('Whether it should be pinned afterwards.') });

export const saveForm = z.object({
  on: onOrOff.default('1').describe('Whether it should be saved afterwards.'),
  back: z.literal('saved').optional().describe('For forms: where to go then.'),
});

export const savedQuery = z.object({
  cursor: text.optional().describe('As `next` gave it.'),
  limit: wholeNumber('How many at once, 100 at most.')
    .default(50)
    .transform((limit) => Math.min(Math.max(limit, 1), 100)),
});

export const windowQuery = z.object({
  before: wholeNumber('Only messages before this seq.').optional(),
  after: wholeNumber('Only messages after this seq.').optional(),
  around: wholeNumber('The messages on both sides of this seq, and it among them.').optional(),
  date: z
    .string('must be a day, such as 2026-11-01')
    .regex(DAY, 'must be a day, such as 2026-11-01')
    .refine((day) => day === '' || isDay(day), 'must be a day, such as 2026-11-01')
    .optional()
    .describe('From the first message of this day on, such as 2026-11-01; the newest ones when there is none since.'),
  zone: z
    .string('must be a time zone, such as Europe/Berlin')
    .refine(isZone, 'must be a time zone, such as Europe/Berlin')
    .default('UTC')
    .describe('The time zone whose day that is, such as Europe/Berlin.'),
  limit: wholeNumber('How many messages; more than 200 are never given at once.').default(50),
});

/** What only a page's address says: the first unread message, when the mark has moved since. */
export const pageQuery = windowQuery.extend({ unread: wholeNumber('Where the line of what is new stands.').optional() });

export const readForm = z
  .object({
    n: wholeNumber('The number of the last message that was read.').optional(),
    seq: wholeNumber('The seq of the last entry that was read.').optional(),
    unread: onOrOff.default('0').describe('1: puts the mark back, so that the message with this seq, and all after it, is unread.'),
  })
  .refine(({ n, seq }) => n === undefined || seq === undefined, { message: 'give n or seq, not both', path: ['seq'] })
  .refine(({ seq, unread }) => unread === '0' || seq !== undefined, { message: 'must say which message', path: ['seq'] });
