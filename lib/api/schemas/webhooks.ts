import { z } from 'zod';
import { id, moment, url } from './fields.ts';

const CampfirePerson = z.object({ id, name: z.string(), role: z.string(), avatar_url: z.string() });

/** Incoming webhooks, and the protocols of other chats. */
export const webhookSchemas = {
  WebhookDelivery: z
    .unknown()
    .describe('JSON as Slack’s clients send it (`text`, `username`, `attachments`, …), or any other of docs/bots.md.'),
  WebhookReceipt: z.object({ ok: z.literal(true), success: z.literal(true), id: z.string(), seq: z.int(), url: z.string() }),
  WebhookError: z
    .object({
      ok: z.literal(false),
      success: z.literal(false),
      error: z.string().describe('One word, as in Slack: `no_service`, `invalid_payload`, …'),
    })
    .describe('To a client that asks for JSON.'),
  DiscordMessage: z
    .looseObject({ id: z.string(), content: z.string(), author: z.looseObject({ username: z.string() }), timestamp: moment })
    .describe('A message in Discord’s format.'),
  DiscordError: z
    .object({
      message: z.string(),
      code: z.int().describe('A code of Discord’s, such as 10015, or 0.'),
      retry_after: z.number().optional().describe('Seconds, with 429.'),
      global: z.literal(false).optional(),
    })
    .describe('An error in Discord’s format, to a client that speaks it.'),
  CampfireMessage: z.object({
    ...{ id: z.int(), created_at: moment, body: z.object({ plain_text: z.string(), html: z.string() }) },
    ...{ creator: CampfirePerson, room: z.object({ id: z.int() }), url },
  }),
  CampfireBoost: z.object({
    ...{ id: z.int(), content: z.string(), created_at: moment, booster: CampfirePerson },
    message: z.object({ id: z.int(), url }),
  }),
} as const;
