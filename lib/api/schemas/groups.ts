import { z } from 'zod';
import { Actor, avatarUrl, id, moment, Named, role, roleOrNone, Shown, Status, slug, url } from './fields.ts';

const Group = z.object({
  id,
  number: z.int().describe('1, 2, 3 … in the order of creation.'),
  slug,
  name: z.string(),
  topic: z.string(),
  kind: z.enum(['group', 'direct']),
  open: z.boolean().describe('Whether every user of this server may join without a code.'),
  archived: z.boolean().describe('Read-only.'),
  role: roleOrNone,
  messages: z.int().describe('The number of messages.'),
  unread: z.int(),
  level: z
    .enum(['everything', 'mentions', 'nothing'])
    .nullable()
    .describe('What you are notified of. nothing: muted. null: not in the group.'),
  hidden: z.boolean().describe('Direct messages that you have hidden from your list.'),
  url,
});

const Last = z.object({ seq: z.int(), author: z.string(), text: z.string().describe('140 characters at most.'), at: moment });

const Token = z.object({
  prefix: z.string().describe('Its first characters.'),
  name: z.string().nullable().describe('Its label.'),
  created_at: moment,
  last_used_at: moment.nullable().describe('Accurate to 1 min.'),
});

export const groupSchemas = {
  Command: z.object({
    name: z.string(),
    hint: z.string().describe('What follows the name.'),
    help: z.string(),
    bot: Named.nullable().describe('The bot that answers it; null for one that is built in.'),
  }),
  OwnCommand: z.object({
    name: z.string(),
    hint: z.string().describe('What follows the name.'),
    help: z.string(),
    shown: z.boolean().describe('Whether everybody in the group sees what is typed.'),
    group: slug.nullable().describe('The group that it is in; null: every group that the bot is in.'),
  }),
  Group,
  MyGroup: Group.extend({ last: Last.nullable() }),
  ManagedGroup: Group.extend({
    code: z.string().optional().describe('The join code. Only for those who manage the group, as the three below.'),
    invite: z.string().optional().describe('The path of the invitation page.'),
    code_expires_at: moment.nullable().optional(),
    code_uses_left: z.int().nullable().optional().describe('How many more people may use the code; null: unlimited.'),
  }),
  Member: Shown.extend({
    avatar_url: avatarUrl,
    status: Status,
    color: z.int(),
    admin: z.boolean(),
    role,
    present: z.boolean().describe('Has the group open.'),
    seen_at: moment.nullable().describe('When they last had the group open, accurate to some minutes; null: unknown.'),
  }),
  Membership: Actor.extend({ group: slug, in: z.boolean(), role: roleOrNone }),
  Me: Shown.extend({
    avatar_url: avatarUrl,
    status: Status,
    color: z.int(),
    admin: z.boolean(),
    at: moment.describe('The server’s time.'),
    token: Token.nullable().describe('The token of the request; null for a browser session.'),
    groups: z.array(Named.extend({ slug, role })).describe('The groups that the token’s owner is in.'),
  }),
  Person: Shown.extend({
    admin: z.boolean(),
    disabled: z.boolean(),
    color: z.int(),
    avatar_url: avatarUrl,
    status: Status,
    time_zone: z.string().nullable().describe('IANA name; null: they have not chosen one.'),
    groups: z.array(Named.extend({ slug })).describe('The groups that both of you are in.'),
    url,
  }),
  Invitation: z.object({
    name: z.string(),
    topic: z.string(),
    members: z.int(),
    in: z.boolean().describe('Whether you are a member already.'),
  }),
} as const;
