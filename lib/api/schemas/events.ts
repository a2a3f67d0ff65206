import { z } from 'zod';
import { Actor, id, moment, Shown, ShownNamed, slug } from './fields.ts';
import { Action, Message, OriginalUse } from './messages.ts';

/** The fields of every log entry. */
const Entry = z.object({
  group: slug,
  seq: z.int().describe('Its position in the group’s log.'),
  n: z.int().describe('The number of messages up to this entry.'),
  at: moment,
  author: Shown.describe('Who did it.'),
});
const target = z.int().describe('The seq of the message that it changes.');
const FollowUp = Entry.extend({ target });

const entries = {
  EditEntry: FollowUp.extend({
    kind: z.literal('edit'),
    body: z.string().describe('The new text. Empty when the message is erased.'),
    format: z.enum(['text', 'markdown', 'model']),
    mentions: z.array(id).optional().describe('Members whom the new text mentions by @name.'),
    quiet: z.literal(true).optional().describe('By a bot that writes on: nobody is notified, and the message does not count as edited.'),
    actions: z.array(Action).optional().describe('They replace those of the message.'),
    scrubbed: z.literal(true).optional().describe('The message is erased.'),
  }),
  EraseEntry: FollowUp.extend({ kind: z.literal('erase'), undoUntil: z.int().describe('In ms since 1970: until then it can be undone.') }),
  UneraseEntry: FollowUp.extend({
    kind: z.literal('unerase'),
    body: z.string().optional().describe('The text that is back. Empty if the message was erased again.'),
    format: z.enum(['text', 'markdown', 'model']).optional(),
    mentions: z.array(id).optional().describe('Members whom the text mentions by @name.'),
    scrubbed: z.literal(true).optional().describe('The message was erased again.'),
  }),
  ReactionEntry: FollowUp.extend({ kind: z.enum(['react', 'unreact']), emoji: z.string() }),
  ActEntry: FollowUp.extend({
    kind: z.literal('act'),
    author: Shown.nullable().describe('Who used it; null where only the bot and the user may know.'),
    action: z.string().describe('The id of the action.'),
    label: z.string().describe('Its label at that time. Empty when the message is erased.'),
    value: z.string().nullable().optional().describe('Of the action; for the bot and the user.'),
    values: z.record(z.string(), z.string()).optional().describe('What was typed, by the id of a field; for the bot and the user.'),
    original: OriginalUse.optional(),
    scrubbed: z.literal(true).optional().describe('The message is erased.'),
  }),
  AckEntry: FollowUp.extend({
    kind: z.literal('ack'),
    action: z.string().describe('The id of the action.'),
    act: z.int().describe('The bot has answered its uses up to the entry with this seq.'),
  }),
  CommandEntry: Entry.extend({
    kind: z.literal('command'),
    author: Shown.nullable().describe('Who typed it; null for others than its bot and its author.'),
    bot: id.describe('The bot that it is for.'),
    name: z.string(),
    text: z.string().optional().describe('What follows the name; for the bot and the author. Empty after a week.'),
    scrubbed: z.literal(true).optional().describe('The text is removed.'),
  }).describe('A command to a bot that is not shown in the group.'),
  PinEntry: FollowUp.extend({ kind: z.enum(['pin', 'unpin']) }),
  MembershipEntry: Entry.extend({ kind: z.enum(['join', 'leave']), member: id.describe('The user who joined or left.') }),
  RenameEntry: Entry.extend({ kind: z.literal('rename'), name: z.string(), slug }),
  TopicEntry: Entry.extend({ kind: z.literal('topic'), topic: z.string() }),
  ArchiveEntry: Entry.extend({ kind: z.literal('archive'), on: z.boolean() }),
} as const;

const Room = z.object({
  id: z.int().describe('The group’s number.'),
  name: z.string().nullable().describe('null: direct messages.'),
  path: z.string().describe('The path to post a reply to in Campfire’s protocol; it contains the bot’s key.'),
});

/** The data of streamed events, and the body of an outgoing webhook. */
export const eventSchemas = {
  ...entries,
  LogEntry: z
    .union([
      Message,
      entries.EditEntry,
      entries.EraseEntry,
      entries.UneraseEntry,
      entries.ReactionEntry,
      entries.ActEntry,
      entries.AckEntry,
      entries.CommandEntry,
      entries.PinEntry,
      entries.MembershipEntry,
      entries.RenameEntry,
      entries.TopicEntry,
      entries.ArchiveEntry,
    ])
    .describe('One entry of a group’s log: the data of an event without a name. `kind` says which.'),
  TypingEvent: z
    .object({ group: slug, users: z.array(ShownNamed), several: z.boolean().describe('More than four people; they are not named.') })
    .describe('The data of the event `typing`: who is writing now.'),
  WebhookEvent: z
    .object({
      event: z
        .enum(['posted', 'edited', 'erased', 'unerased', 'reacted', 'unreacted', 'joined', 'left', 'action', 'command', 'test'])
        .describe('The type of event. `test`: a test event.'),
      group: slug,
      seq: z.int().describe('Of the log entry.'),
      at: moment,
      user: Actor.describe('Who did it.'),
      actor: Actor.describe('The same as `user`.'),
      room: Room,
      message: z
        .looseObject({
          id: z.int().describe('Its seq.'),
          text: z.string(),
          body: z.object({ html: z.string(), plain: z.string() }),
          path: z.string(),
        })
        .nullable()
        .describe(
          'The message that it is about, as it is now: the fields of Message, with `id`, `body` and `path` as in Campfire’s webhooks.',
        ),
      hop: z.int().describe('The number of consecutive messages by bots up to this one.'),
      reaction: z.string().optional().describe('The emoji.'),
      member: Actor.optional().describe('Who joined or left.'),
      action: z
        .object({
          ...{ id: z.string(), label: z.string() },
          value: z.string().nullable().describe('Of the action.'),
          values: z.record(z.string(), z.string()).describe('What was typed, by the id of a field.'),
          original: OriginalUse.optional(),
        })
        .optional()
        .describe('The action of the message that was used.'),
      command: z
        .object({ name: z.string(), text: z.string().describe('What follows the name.') })
        .optional()
        .describe('The command that was typed. `message` is null if it is not shown in the group.'),
    })
    .describe('The body of an outgoing webhook.'),
} as const;
