import type { z } from 'zod';
import { draftSchemas } from './schemas/drafts.ts';
import { ephemeralSchemas } from './schemas/ephemeral.ts';
import { eventSchemas } from './schemas/events.ts';
import { groupSchemas } from './schemas/groups.ts';
import { messageSchemas } from './schemas/messages.ts';
import { requestSchemas } from './schemas/requests.ts';
import { scheduledSchemas } from './schemas/scheduled.ts';
import { serverSchemas } from './schemas/server.ts';
import { webhookSchemas } from './schemas/webhooks.ts';

/** The named schemas of the OpenAPI document. */
export const SCHEMAS = {
  ...requestSchemas,
  ...messageSchemas,
  ...groupSchemas,
  ...draftSchemas,
  ...ephemeralSchemas,
  ...scheduledSchemas,
  ...eventSchemas,
  ...serverSchemas,
  ...webhookSchemas,
} as const satisfies Record<string, z.ZodType>;

export type SchemaName = keyof typeof SCHEMAS;

/** A value of a schema, as the examples show it. */
export type Sample<N extends SchemaName> = z.input<(typeof SCHEMAS)[N]>;
