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

const displayName = z.string().describe('The name that others see; `name` unless the user has chosen another.');
/** The same, and how others see it. */
export const Shown = Actor.extend({ display_name: displayName });
export const ShownNamed = Named.extend({ display_name: displayName });

export const avatarUrl = z.string().nullable().describe('The path of the picture (WebP, square); null: none.');

export const Status = z
  .object({
    emoji: z.string().describe('Empty for none.'),
    text: z.string(),
    until: moment.nullable().describe('When it ends; null: it does not.'),
  })
  .nullable()
  .describe('null: none, or it has ended.');
