import { z } from 'zod';
import { slug, url } from './fields.ts';
import { Message } from './messages.ts';

const draftId = z.string().describe('The id of the draft: 16 characters.');
const rev = z.int().describe('1 at first, one more with each update.');
const format = z.enum(['text', 'markdown']);
const replyTo = z.int().nullable().describe('The seq of the message that it answers.');

/** Messages that are shown while they are written. */
export const draftSchemas = {
  Draft: z.object({
    id: draftId,
    group: slug,
    rev,
    bytes: z.int().describe('The length of the text so far, in UTF-8.'),
    format,
    reply_to: replyTo,
    url,
  }),
  DraftEvent: z
    .object({
      group: slug,
      id: draftId,
      rev,
      author: Message.shape.author,
      reply_to: replyTo,
      body: z.string().describe('The text so far.'),
      format,
    })
    .describe('The data of the event `draft`: all that its author has written so far.'),
  DraftEndEvent: z
    .object({
      group: slug,
      id: draftId,
      seq: z.int().nullable().describe('Of the message that it has become; null when it ended without.'),
    })
    .describe('The data of the event `draft_end`.'),
} as const;
