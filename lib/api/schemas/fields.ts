import { z } from 'zod';

export const moment = z.string().meta({ format: 'date-time', description: 'A time in UTC, RFC 3339.' });
export const id = z.string().describe('16 characters; never changes.');
export const slug = z.string().describe('The group’s name in URLs. It changes with the group’s name; former slugs still work.');
export const url = z.string().describe('The path of its URL on this server.');
export const role = z.enum(['member', 'moderator']);
export const roleOrNone = role.nullable().describe('null: not in the group.');

/** A user or a bot. */
export const Named = z.object({ id, name: z.string() });
/** The same, and whether it is a bot. */
export const Actor = Named.extend({ bot: z.boolean() });
