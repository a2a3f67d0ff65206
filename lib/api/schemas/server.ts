import { z } from 'zod';
import { Message } from './messages.ts';

/** Errors, and the server itself. */
export const serverSchemas = {
  Problem: z
    .object({
      type: z.literal('about:blank'),
      title: z.string(),
      status: z.int(),
      code: z.string().describe('An error code: `notFound`, `invalid`, `tooMany`, …'),
      detail: z.string().describe('An explanation for people.'),
      field: z.string().optional().describe('The field with the error.'),
      request_id: z.string().describe('The id of the request in the server’s log.'),
      message: Message.optional().describe('Of an action that cannot be used: its message as it is now.'),
    })
    .describe('An error, RFC 9457.'),
  Health: z.object({ status: z.literal('ok') }),
  Readiness: z.object({
    status: z.enum(['ready', 'degraded', 'not ready']),
    store: z.enum(['up', 'down']),
    bus: z.enum(['up', 'down']),
    reason: z
      .string()
      .optional()
      .describe('Why the database does not take writes, such as full, denied, locked, handles or unreachable; only while it does not.'),
    detail: z.string().optional().describe('The reason as a sentence.'),
  }),
  Description: z.looseObject({ openapi: z.string(), info: z.looseObject({ title: z.string(), version: z.string() }) }),
} as const;
