import { z } from 'zod';
import { directForm } from '../groups/direct-forms.ts';
import { memberForm, settingsForm } from '../groups/forms.ts';
import { createForm, joinForm } from '../groups/list-forms.ts';
import { editForm, pinForm, postForm, reactionForm, readForm, saveForm, uploadForm } from '../messages/forms.ts';

// What answers are made of. What is sent is checked by the schemas of the routes themselves, which stand here beside them.

const moment = z.string().meta({ format: 'date-time', description: 'A moment in UTC, RFC 3339.' });
const id = z.string().describe('16 characters that name it for ever.');
const slug = z.string().describe('The group’s word in URLs. It changes with the name; old ones lead here.');
const url = z.string().describe('Its address on this server, without the host.');
const role = z.enum(['member', 'moderator']);
const roleOrNone = role.nullable().describe('null: not in the group.');

const Named = z.object({ id, name: z.string() });
const Author = Named.extend({
  bot: z.boolean(),
  as: z.string().optional().describe('A name that a webhook gave, shown beside the bot’s own.'),
});

const Reaction = z.object({ emoji: z.string(), by: z.array(id).describe('Who reacted so, in the order of reacting.') });

const Attachment = z.object({
  id,
  name: z.string(),
  type: z.string().describe('What its content says it is.'),
  bytes: z.int(),
  width: z.int().nullable().describe('Of a picture, in pixels.'),
  height: z.int().nullable(),
  url,
  thumb_url: z.string().nullable().describe('Of a picture: a small copy, WebP.'),
});

const Message = z.object({
  id: z.string().describe('`<group id>-<seq>`: unique on this server.'),
  group: slug,
  seq: z.int().describe('Its place in the group’s log: its address, and the cursor of streams and pages.'),
  n: z.int().describe('Its number among the group’s messages.'),
  rev: z.int().describe('The seq of the last entry that changed it; its own when nothing did.'),
  kind: z.literal('message'),
  at: moment,
  author: Author,
  body: z.string().describe('What it says: Markdown as it was written, a webhook’s cards as text. Empty when erased.'),
  format: z
    .enum(['text', 'markdown', 'model'])
    .describe('How `body` is to be read. `model`: what a webhook sent; its parts are in `model`.'),
  text: z.string().optional().describe('What Markdown says, without its marks.'),
  model: z.record(z.string(), z.unknown()).optional().describe('Cards and lines of a webhook’s message.'),
  html: z.string().describe('As the pages show it; safe to be shown.'),
  attachments: z.array(Attachment),
  mentions: z.array(id).describe('Members whom it calls by @name.'),
  mentions_all: z.boolean().describe('Whether it calls everybody in the group, by @all.'),
  edited_at: moment.nullable(),
  erased: z.boolean(),
  pinned: z.object({ by: Named, at: moment }).nullable().describe('Who pinned it, and when; null when it is not.'),
  reactions: z.array(Reaction),
  url,
});

const Written = Message.extend({
  notified: z.array(Named).describe('Members whom the @names reach: without the author and disabled accounts.'),
});

const Group = z.object({
  id,
  number: z.int().describe('1, 2, 3 … in the order of making.'),
  slug,
  name: z.string(),
  topic: z.string(),
  kind: z.enum(['group', 'direct']),
  open: z.boolean().describe('Whether anyone here may join without a code.'),
  archived: z.boolean().describe('Read-only.'),
  role: roleOrNone,
  messages: z.int().describe('How many messages it has.'),
  unread: z.int(),
  level: z.enum(['everything', 'mentions', 'nothing']).nullable().describe('What you are told of. nothing: muted. null: not in the group.'),
  hidden: z.boolean().describe('Direct messages that you took out of your list.'),
  url,
});

const Last = z.object({ seq: z.int(), author: z.string(), text: z.string().describe('140 characters at most.'), at: moment });

const CampfirePerson = z.object({ id, name: z.string(), role: z.string(), avatar_url: z.string() });

export const SCHEMAS = {
  NewMessage: postForm,
  Text: editForm,
  ReactionSwitch: reactionForm,
  PinSwitch: pinForm,
  SaveSwitch: saveForm.omit({ back: true }),
  SaveState: z.object({ saved: z.boolean(), url }),
  ReadUpTo: readForm,
  NewGroup: createForm,
  Joining: joinForm,
  MemberChange: memberForm,
  SettingsChange: settingsForm,
  Upload: uploadForm.extend({
    attachment: z
      .union([z.array(z.string()), z.string()])
      .optional()
      .meta({
        ...{ type: 'array', maxItems: 10, description: 'Files, in multipart/form-data only.' },
        items: { type: 'string', contentMediaType: 'application/octet-stream' },
      }),
  }),
  DirectStart: directForm,
  Message,
  WrittenMessage: Written,
  Version: z.object({
    seq: z.int().describe('Of the entry that said it: the message, or an edit.'),
    at: moment,
    body: z.string(),
    format: z.enum(['text', 'markdown', 'model']),
    html: z.string().describe('As the pages show it; safe to be shown.'),
  }),
  ReadMark: z.object({ n: z.int().describe('The number of the last message read.'), unread: z.int() }),
  Group,
  MyGroup: Group.extend({ last: Last.nullable() }),
  ManagedGroup: Group.extend({
    code: z.string().optional().describe('What others may join with. Only for those who manage the group, as the three below.'),
    invite: z.string().optional().describe('The path of a page that invites them.'),
    code_expires_at: moment.nullable().optional(),
    code_uses_left: z.int().nullable().optional().describe('How many more the code lets in; null: any number.'),
  }),
  Member: Named.extend({
    color: z.int(),
    bot: z.boolean(),
    admin: z.boolean(),
    role,
    present: z.boolean().describe('Has the group open.'),
    seen_at: moment.nullable().describe('When they last had the group open, within some minutes; null: not known.'),
  }),
  Membership: Named.extend({ group: slug, bot: z.boolean(), in: z.boolean(), role: roleOrNone }),
  Me: Named.extend({
    color: z.int(),
    admin: z.boolean(),
    bot: z.boolean(),
    at: moment.describe('The server’s clock.'),
    token: z
      .object({
        prefix: z.string().describe('Its first characters.'),
        name: z.string().nullable().describe('What its owner calls it.'),
        created_at: moment,
        last_used_at: moment.nullable().describe('Within a minute.'),
      })
      .nullable()
      .describe('The token that was sent; null for a browser’s session.'),
    groups: z.array(z.object({ id, slug, name: z.string(), role })).describe('All that it reaches: the groups that its owner is in.'),
  }),
  Problem: z.object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('One word for programs: `notFound`, `invalid`, `tooMany`, …'),
    detail: z.string().describe('A sentence for people.'),
    field: z.string().optional().describe('The field to blame.'),
    request_id: z.string().describe('Under which the server’s log has it.'),
  }),
  Invitation: z.object({ name: z.string(), topic: z.string(), members: z.int(), in: z.boolean().describe('Whether you are in already.') }),
  SavedPage: z.object({
    results: z.array(
      Message.extend({
        group_name: z.string(),
        saved_at: moment,
        context: z.string().describe('The page that shows it among its neighbours.'),
      }),
    ),
    next: z.string().nullable().describe('The path of the page behind this one.'),
  }),
  SearchPage: z.object({
    results: z.array(
      Message.extend({
        group_name: z.string(),
        snippet: z.string().describe('HTML, escaped but for `<mark>`.'),
        context: z.string().describe('The page that shows it among its neighbours.'),
      }),
    ),
    next: z.string().nullable().describe('The path of the page behind this one.'),
  }),
  WebhookDelivery: z.looseObject({ text: z.string().optional() }).describe('Slack’s shape, or any other that docs/bots.md names.'),
  WebhookReceipt: z.object({ ok: z.literal(true), success: z.literal(true), id: z.string(), seq: z.int(), url: z.string() }),
  DiscordMessage: z
    .looseObject({ id: z.string(), content: z.string(), author: z.looseObject({ username: z.string() }), timestamp: moment })
    .describe('A message in Discord’s shape.'),
  CampfireMessage: z.object({
    ...{ id: z.int(), created_at: moment, body: z.object({ plain_text: z.string(), html: z.string() }) },
    ...{ creator: CampfirePerson, room: z.object({ id: z.int() }), url },
  }),
  CampfireBoost: z.object({
    ...{ id: z.int(), content: z.string(), created_at: moment, booster: CampfirePerson },
    message: z.object({ id: z.int(), url }),
  }),
  Health: z.object({ status: z.literal('ok') }),
  Readiness: z.object({ status: z.enum(['ready', 'not ready']), store: z.enum(['up', 'down']), bus: z.enum(['up', 'down']) }),
  Description: z.looseObject({ openapi: z.string(), info: z.looseObject({ title: z.string(), version: z.string() }) }),
} as const satisfies Record<string, z.ZodType>;

export type SchemaName = keyof typeof SCHEMAS;

/** A value of a schema, as the examples show it. */
export type Sample<N extends SchemaName> = z.input<(typeof SCHEMAS)[N]>;
