import { z } from 'zod';
import { SCHEMAS } from '../api/schemas.ts';
import { MAX_KEY_LENGTH } from '../messages/operations.ts';

/** The most messages of one answer. */
export const MAX_MESSAGES = 200;
const MAX_SEQ = 9_999_999_999;

const wholeNumber = z.int('must be a whole number').max(MAX_SEQ, `must be ${MAX_SEQ} at most`);

export const group = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(200, 'must have 200 characters at most')
  .describe('The slug of a group or of direct messages, as list_groups has it.');
export const seq = wholeNumber.min(1, 'must be 1 at least').describe('The number of a message in its group, as messages have it in `seq`.');
export const cursor = wholeNumber.min(0, 'must not be negative');
const limit = z.int('must be a whole number').min(1, 'must be 1 at least').max(MAX_MESSAGES, `must be ${MAX_MESSAGES} at most`).default(50);
/** The part of a list that is wanted; `after` or `before`, not both (see oneEnd). */
export const window = {
  after: cursor.optional().describe('Only messages after this seq; the oldest of them first. 0: from the beginning.'),
  before: cursor.optional().describe('Only messages before this seq; the newest of them.'),
  limit: limit.describe('The most messages. Long ones make it fewer.'),
};
/** A check of `window`, for `refine`. */
export const oneEnd = ({ after, before }: { readonly after?: number | undefined; readonly before?: number | undefined }): boolean =>
  after === undefined || before === undefined;
export const ONE_END = { message: 'give after or before, not both', path: ['before'] };
/** The cursors of the adjacent windows. */
export const cursors = {
  older: z.int().nullable().describe('There are older messages: read them with this as `before`.'),
  newer: z.int().nullable().describe('There are newer messages: read them with this as `after`.'),
};
export const replyTo = seq.describe('The seq of the message that it answers: it becomes a reply in the thread of that message.');
export const body = z.string('must be text').describe('The text of the message.');
export const format = z.enum(['markdown', 'text'], 'must be markdown or text');
export const key = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(MAX_KEY_LENGTH, `must have ${MAX_KEY_LENGTH} characters at most`)
  .describe('An idempotency key: repeated with the same key and text, also after an error, the message is posted once.');

/** A message without its HTML and what only programs that follow the log need. */
export const Message = SCHEMAS.Message.omit({ kind: true, n: true, rev: true, html: true, text: true, model: true });
export const Written = Message.extend({ notified: SCHEMAS.WrittenMessage.shape.notified });
export const { Group, MyGroup, Member, Me } = SCHEMAS;
