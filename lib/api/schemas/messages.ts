import { z } from 'zod';
import { id, moment, Named, Shown, slug, url } from './fields.ts';

const Author = Shown.extend({
  as: z.string().optional().describe('A sender name that a webhook gave, shown beside the bot’s own.'),
});

const Reaction = z.object({ emoji: z.string(), by: z.array(id).describe('Users, in the order of their reactions.') });

const Attachment = z.object({
  id,
  name: z.string(),
  type: z.string().describe('The media type, detected from the content.'),
  bytes: z.int(),
  width: z.int().nullable().describe('Of an image, in pixels.'),
  height: z.int().nullable().describe('Of an image, in pixels.'),
  alt: z.string().nullable().describe('What a picture shows, by its author.'),
  url,
  thumb_url: z.string().nullable().describe('Thumbnail of an image, WebP.'),
});

/** The thread of a message. */
const Thread = z.object({
  root: z.int().describe('The seq of the message that began it.'),
  replies: z.int().describe('The number of replies, erased ones too.'),
  last_at: moment.describe('The time of the last reply.'),
});

const ActionField = z.object({
  ...{ id: z.string(), label: z.string(), type: z.enum(['text', 'date', 'select', 'member']) },
  optional: z.literal(true).optional(),
  hint: z.string().optional(),
  initial: z.string().optional().describe('The value that it begins with.'),
  max: z.int().optional().describe('Of a text: the number of characters at most.'),
  multiline: z.literal(true).optional(),
  options: z.array(z.object({ text: z.string(), value: z.string() })).optional(),
});

/** An action as it was posted. */
export const Action = z.object({
  id: z.string().describe('Unique in its message, and part of the URL by which it is used.'),
  label: z.string(),
  style: z.enum(['default', 'primary', 'danger']),
  value: z.string().optional().describe('For the bot.'),
  done: z.string().optional().describe('What it says once it was used.'),
  confirm: z.string().optional().describe('A question to ask before.'),
  fields: z.array(ActionField).describe('What it asks for.'),
  who: z.union([z.enum(['anyone', 'moderators']), z.array(id)]).describe('Who may use it; users by their ids.'),
  uses: z.enum(['once', 'person', 'many']),
  show: z.enum(['names', 'count', 'nobody']).describe('What others than the bot learn of its uses.'),
  choice: z.string().optional().describe('It shares its uses with the other actions of this choice.'),
  locked: z.literal(true).optional(),
  poll: z.enum(['option', 'close']).optional().describe('Of a poll: an option, or what closes it. Nobody answers its uses.'),
});

/** A use of an action that was posted in the format of another chat. */
export const OriginalUse = z
  .object({
    action: z.string().describe('Its id there: action_id, name, custom_id, …'),
    block: z.string().optional().describe('Of Slack: block_id or callback_id.'),
    value: z.string().nullable().describe('Of the action, in full.'),
    fields: z.record(z.string(), z.string()).describe('What was typed, by the ids of fields there.'),
  })
  .describe('The same in the words of the format in which the action was posted, if that is not Parley’s own.');

const ActionState = z
  .object({
    open: z.boolean().describe('Whether it can be used, if it is for the user and, once for each person, not used by them.'),
    count: z.int().nullable().describe('The number of uses; null where it is hidden.'),
    by: z.array(Named).describe('Those who used it, by their first uses, as far as the reader may know.'),
    last: z.object({ by: Named, at: moment }).nullable().describe('The last use, where the reader may know whose it is.'),
    waiting: z.boolean().describe('Whether the bot has not answered the last use.'),
  })
  .describe('What became of it.');

/** A message in the responses of every route. */
export const Message = z.object({
  id: z.string().describe('`<group id>-<seq>`: unique on this server.'),
  group: slug,
  seq: z.int().describe('Its position in the group’s log: part of its URL, and the cursor of streams and pages.'),
  n: z.int().describe('Its number among the group’s messages.'),
  rev: z.int().describe('The seq of the last entry that changed it; its own when none did.'),
  kind: z.literal('message'),
  at: moment,
  author: Author,
  reply_to: z.int().nullable().describe('The seq of the message that it answers.'),
  thread: Thread.nullable().describe('The thread that it is in or began; null while nobody has answered it.'),
  body: z.string().describe('The text: Markdown as written, a webhook’s cards as text. Empty if erased.'),
  format: z
    .enum(['text', 'markdown', 'model'])
    .describe('The format of `body`. `model`: rich content that a webhook sent; its parts are in `model`.'),
  text: z.string().optional().describe('The text of Markdown, without markup.'),
  model: z.record(z.string(), z.unknown()).optional().describe('Cards and lines of a webhook’s message.'),
  html: z.string().describe('The body as safe HTML, as the pages show it.'),
  attachments: z.array(Attachment),
  mentions: z.array(id).describe('Members whom it notifies: those mentioned by @name, and the author of the message that it answers.'),
  mentions_all: z.boolean().describe('Whether it mentions all members, by @all.'),
  edited_at: moment.nullable(),
  erased: z.boolean(),
  pinned: z.object({ by: Named, at: moment }).nullable().describe('Who pinned it, and when; null when it is not pinned.'),
  reactions: z.array(Reaction),
  actions: z.array(Action.extend({ state: ActionState })).describe('Buttons and forms of a bot.'),
  command: z.object({ name: z.string(), bot: id }).nullable().describe('The command to a bot that the text is.'),
  url,
});

/** The response to a post or an edit. */
const WrittenMessage = Message.extend({
  notified: z.array(Named).describe('Members whom it notifies: without the author and disabled accounts.'),
});

const Listed = { group_name: z.string(), context: z.string().describe('The path of the page that shows it in its conversation.') };
const next = z.string().nullable().describe('The path of the next page; null on the last one.');

export const messageSchemas = {
  Message,
  WrittenMessage,
  Version: z.object({
    seq: z.int().describe('Of the log entry: the message, or an edit.'),
    at: moment,
    body: z.string(),
    format: z.enum(['text', 'markdown', 'model']),
    html: z.string().describe('The body as safe HTML, as the pages show it.'),
  }),
  ReadMark: z.object({ n: z.int().describe('The number of the last message read.'), unread: z.int() }),
  SaveState: z.object({ saved: z.boolean(), url }),
  SavedPage: z.object({ results: z.array(Message.extend({ ...Listed, saved_at: moment })), next }),
  FollowState: z.object({ follows: z.boolean(), url }),
  ThreadReadMark: z.object({ seq: z.int().describe('Up to which the thread is read.') }),
  ThreadPage: z.object({
    results: z.array(
      Message.extend({ ...Listed, unread: z.int().describe('Replies by others that you have not seen, 100 at most.') }).describe(
        'The first message of the thread.',
      ),
    ),
    next,
  }),
  SearchPage: z.object({
    results: z.array(Message.extend({ ...Listed, snippet: z.string().describe('HTML, escaped but for `<mark>`.') })),
    next,
  }),
} as const;
