import { z } from 'zod';

/** The parameters of paths, by name. */
export const PATH_PARAMETERS: Readonly<Record<string, z.ZodType>> = {
  slug: z.string().describe('The group’s slug; an old one is taken too.'),
  seq: z.int().min(1).describe('The seq of a message.'),
  emoji: z.string().describe('One emoji, or up to 16 characters of text, without a slash; percent-encoded.'),
  key: z.string().min(1).max(255).describe('A word of your own, percent-encoded. Each user has keys of their own in each group.'),
  token: z.string().describe('The webhook’s secret, the last part of its URL.'),
  code: z.string().describe('The join code of a group.'),
  file: z.string().describe('The id of a file.'),
  boost: z.int().describe('The id of a boost of your own.'),
  room: z.string().describe('The group’s slug or its number.'),
  botKey: z.string().describe('`<bot id>-<key>`, as it was shown when the bot was made.'),
  message: z.int().describe('The number of a message: its seq.'),
};

/** Request headers, by name. Accept, Content-Type and Authorization are said elsewhere in the document. */
export const HEADERS: Readonly<Record<string, z.ZodType>> = {
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .describe('Unique to what you post: the same key and body are one message for ever, however often they are sent.'),
  'Last-Event-ID': z.string().describe('The id of the last event that you have: all after it is sent first.'),
};

/** What any operation may answer, with the words for it. */
export const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request is not of the form asked for; `field` names what is wrong.',
  401: 'No token, or one that is not good.',
  403: 'You may see it, but not do this.',
  404: 'Absent, or not for you to know that it exists.',
  409: 'The first request with this key is still being written.',
  410: 'It was erased; the key is used up.',
  413: 'Too long.',
  422: 'A rule is broken; `field` names what is wrong.',
  429: 'Too much at once; `Retry-After` says for how long to wait.',
  503: 'The store does not answer. With a key it is safe to send the same again.',
};
