import { z } from 'zod';
import { moment, slug, url } from './fields.ts';

const reasons = ['archived', 'gone', 'not_member', 'disabled', 'too_long', 'reply_gone', 'unreadable', 'refused'] as const;

const Scheduled = z.object({
  id: z.string().describe('16 to 24 characters.'),
  kind: z.enum(['message', 'reminder']).describe('reminder: it is posted to your notes, for you alone.'),
  group: slug.nullable().describe('The slug of the group that it is posted to; null: you are not in it any more.'),
  about: slug.nullable().describe('Of a reminder: the slug of the group where it was asked for.'),
  body: z.string(),
  format: z.enum(['text', 'markdown']),
  reply_to: z.int().nullable().describe('The seq of the message that it answers.'),
  at: moment.describe('When it is sent.'),
  created_at: moment,
  state: z.enum(['waiting', 'failed']),
  failure: z
    .object({ code: z.enum(reasons), message: z.string() })
    .nullable()
    .describe('Why it could not be sent.'),
  url,
});

/** Messages that are sent later. */
export const scheduledSchemas = { Scheduled, ScheduledPage: z.object({ results: z.array(Scheduled) }) } as const;
