import { z } from 'zod';
import { id, moment, slug, url } from './fields.ts';
import { Message } from './messages.ts';

const ephemeralId = z.string().describe('The id of the ephemeral message.');

/** Messages of bots that one member sees. */
export const ephemeralSchemas = {
  Ephemeral: z
    .object({
      id: ephemeralId,
      group: slug,
      user: id.describe('Who sees it.'),
      author: Message.shape.author,
      body: z.string(),
      format: z.enum(['text', 'markdown']),
      at: moment,
      expires_at: moment.describe('When it goes, if it is not dismissed before.'),
      url,
    })
    .describe('A message of a bot that one member sees; in a stream of that member the data of the event `ephemeral`.'),
  EphemeralEndEvent: z.object({ group: slug, id: ephemeralId }).describe('The data of the event `ephemeral_end`: it is dismissed.'),
} as const;
