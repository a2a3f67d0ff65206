import { z } from 'zod';
import { id, moment, url } from './fields.ts';

const Delivery = z.object({
  ...{
    id: z.string().describe('The `webhook-id` of its calls.'),
    event: z.string(),
    seq: z.int().describe('Of the entry; 0 for a test event.'),
  },
  message: z.int().nullable().describe('The seq of the message that it is about.'),
  reply: z.int().nullable().describe('The seq of the message posted as reply.'),
  state: z.enum(['waiting', 'done', 'failed', 'dropped']),
  reason: z.string().nullable().describe('Why it failed or was dropped.'),
  ...{ created_at: moment, due: moment.nullable().describe('When it is sent next; null: never.') },
  attempts: z.int().describe('The number of attempts.'),
  status: z.int().nullable().describe('Of the last response.'),
  ms: z.int().nullable().describe('How long the last attempt took.'),
  error: z.string().nullable().describe('Of the last attempt, or why its reply was not posted.'),
  group: z.string().nullable().describe('The slug of its group.'),
});

const DeliveryAttempt = z.object({
  ...{ at: moment, status: z.int().nullable(), ms: z.int(), error: z.string().nullable() },
  answer: z.string().nullable().describe('The first KiB of the response.'),
  bytes: z.int().nullable().describe('The length of the response in bytes.'),
});

const bytes = z.int().nullable().describe('The length of the body in bytes.');
const DeliveryRequest = z
  .union([
    z.object({ method: z.literal('POST'), url: z.string(), headers: z.record(z.string(), z.string()), body: z.looseObject({}), bytes }),
    z.object({ reason: z.string().describe('Why it is not shown.'), bytes }),
  ])
  .describe('The body as it would be sent now; secrets are redacted.');

const CampfirePerson = z.object({ id, name: z.string(), role: z.string(), avatar_url: z.string() });

/** Incoming webhooks, and the protocols of other chats. */
export const webhookSchemas = {
  WebhookDelivery: z
    .unknown()
    .describe(
      'JSON as Slack clients send it (`text`, `username`, `attachments`, …; `reply_to`: the seq of the message that it answers; `actions` as in NewMessage), or another format of docs/bots.md.',
    ),
  WebhookReceipt: z.object({ ok: z.literal(true), success: z.literal(true), id: z.string(), seq: z.int(), url: z.string() }),
  WebhookError: z
    .object({
      ok: z.literal(false),
      success: z.literal(false),
      error: z.string().describe('An error code as in Slack: `no_service`, `invalid_payload`, …'),
      detail: z.string().optional().describe('Which field is wrong, with `invalid_actions`.'),
    })
    .describe('For clients that accept JSON.'),
  DiscordMessage: z
    .looseObject({ id: z.string(), content: z.string(), author: z.looseObject({ username: z.string() }), timestamp: moment })
    .describe('A message in Discord’s format.'),
  DiscordError: z
    .object({
      message: z.string(),
      code: z.int().describe('A Discord error code, such as 10015, or 0.'),
      retry_after: z.number().optional().describe('Seconds, with 429.'),
      global: z.literal(false).optional(),
    })
    .describe('An error in Discord’s format, for Discord clients.'),
  Delivery,
  DeliveryPage: z.object({
    deliveries: z.array(Delivery),
    older: z.string().nullable().describe('The value of `before` for the next page; null on the last one.'),
  }),
  DeliveryDetail: Delivery.omit({ attempts: true }).extend({ request: DeliveryRequest, attempts: z.array(DeliveryAttempt) }),
  CampfireMessage: z.object({
    ...{ id: z.int(), created_at: moment, body: z.object({ plain_text: z.string(), html: z.string() }) },
    ...{ creator: CampfirePerson, room: z.object({ id: z.int() }), url },
  }),
  CampfireBoost: z.object({
    ...{ id: z.int(), content: z.string(), created_at: moment, booster: CampfirePerson },
    message: z.object({ id: z.int(), url }),
  }),
} as const;
