import { z } from 'zod';
import { shortText, wholeNumber } from '../http/fields.ts';

const choice = z.union([z.array(shortText), shortText.transform((one) => [one])], 'must be text').optional();

/** The actions of the page of a group's bots. */
export const botsForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('create'), name: shortText }),
  z.object({ action: z.literal('bring'), name: shortText }),
  z.object({ action: z.enum(['rotate', 'revoke']), user: shortText }),
]);

/** The actions of the page of one bot. */
export const botForm = z.discriminatedUnion('action', [
  z.object({ action: z.enum(['rotate', 'overlap', 'end', 'revoke']) }),
  z.object({ action: z.literal('secret-add'), secret: shortText.default('') }),
  z.object({ action: z.enum(['secret-drop', 'secret-off']) }),
  z.object({ action: z.literal('group'), group: shortText }),
  z.object({ action: z.literal('webhook'), url: shortText, on: shortText.optional(), keywords: shortText.optional(), events: choice }),
  z.object({ action: z.enum(['webhook-rotate', 'webhook-enable', 'webhook-remove']) }),
  z.object({ action: z.literal('test') }),
]);
export type BotForm = z.infer<typeof botForm>;

export const botQuery = z.object({ before: shortText.optional() });

/** The page of deliveries to list. */
export const deliveriesQuery = z.object({
  before: shortText.optional().describe('The id of a delivery: lists those before it. `older` is the value for the next page.'),
  limit: wholeNumber('The maximum number of deliveries, at most 100.').default(20),
});
