import { z } from 'zod';

/** Path parameters by name. */
export const PATH_PARAMETERS: Readonly<Record<string, z.ZodType>> = {
  slug: z.string().describe('The group’s current or former slug.'),
  seq: z.int().min(1).describe('The seq of a message.'),
  action: z.string().describe('The id of an action of the message.'),
  emoji: z.string().describe('One emoji, or up to 16 characters of text, without a slash; percent-encoded.'),
  key: z.string().min(1).max(255).describe('Any text, percent-encoded. Keys are scoped to a user and a group.'),
  token: z.string().describe('The webhook’s secret, the last part of its URL.'),
  code: z.string().describe('The join code of a group.'),
  file: z.string().describe('The id of a file.'),
  person: z.string().describe('An id or a log-in name.'),
  avatar: z.string().describe('The id in `avatar_url`.'),
  boost: z.int().describe('The id of a boost of your own.'),
  room: z.string().describe('The group’s slug or its number.'),
  bot: z.string().describe('The id of a bot in the group.'),
  delivery: z.string().describe('The id of a delivery: the `webhook-id` of its calls.'),
  botKey: z.string().describe('`<bot id>-<key>`, as shown when the bot was created.'),
  command: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .describe('The name of a command: 1 to 32 characters of a-z 0-9 -, beginning with a letter.'),
  ephemeral: z.string().describe('The id of an ephemeral message that you see or have sent.'),
  draft: z.string().describe('The id of a draft of your own.'),
  scheduled: z.string().describe('The id of a scheduled message of your own.'),
  message: z.int().describe('The number of a message: its seq.'),
};

/** Request headers by name. Accept, Content-Type and Authorization are described elsewhere in the document. */
export const HEADERS: Readonly<Record<string, z.ZodType>> = {
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .describe('Unique to the message. Repeating a request with the same key and body posts only one message.'),
  'Last-Event-ID': z
    .string()
    .describe('The id of the last event received, unchanged (`42.073915`). The stream starts with all later events.'),
};

/** Default descriptions of error statuses. */
export const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'Malformed request; `field` names the wrong field.',
  401: 'Token missing or invalid.',
  403: 'You can see it, but may not do this.',
  404: 'Not found, or not visible to you.',
  409: 'The first request with this key is still being processed.',
  410: 'The message was erased; its key cannot be used again.',
  413: 'Too large.',
  415: 'Unknown Content-Encoding.',
  422: 'Well-formed but not valid; `field` names the wrong field.',
  429: 'Too many requests; `Retry-After` is the time to wait in seconds.',
  503: 'The database does not answer. With an idempotency key it is safe to repeat the request.',
};
