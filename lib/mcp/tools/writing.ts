import { z } from 'zod';
import { checkAccountRate } from '../../accounts/rates.ts';
import { findPeople, openDirect } from '../../groups/direct.ts';
import { groupJson } from '../../groups/presenter.ts';
import { readPosted } from '../../log/history.ts';
import { edit, erase, keyIn, post, react } from '../../messages/operations.ts';
import { groupOf } from '../caller.ts';
import { oneMessage, writtenMessage } from '../messages.ts';
import { body, format, Group, group, key, Message, replyTo, seq, Written } from '../schemas.ts';
import { type Tool, tool } from '../tool.ts';

/** The most people of one call, as in the API. */
const MAX_NAMED = 8;

const postMessage = tool({
  ...{ name: 'post_message', title: 'Post a message', kind: 'add' },
  description: 'Posts a message to a group or to direct messages. @name mentions a member and notifies them.',
  input: z.strictObject({
    group,
    body,
    format: format.default('markdown'),
    reply_to: replyTo.optional(),
    key: key.optional(),
    notify_all: z
      .boolean('must be true or false')
      .default(false)
      .describe('Whether @all notifies all members of a group with more than 10 members; otherwise it is plain text there.'),
  }),
  output: Written,
  call: async (caller, { group, key, notify_all: notifyAll, reply_to: answered, ...text }) => {
    const at = await groupOf(caller, group);
    const storedKey = key === undefined ? undefined : keyIn('client', key);
    const posted = await post(caller.core, at, { ...text, notifyAll, replyTo: answered, key: storedKey });
    return writtenMessage(caller, at, await readPosted(caller.core, posted.message, posted.isNew));
  },
});

const editMessage = tool({
  ...{ name: 'edit_message', title: 'Edit a message', kind: 'replace' },
  description: 'Replaces the text of a message that you have posted. Others see that it was edited, and the texts before.',
  input: z.strictObject({ group, seq, body, format: format.optional().describe('Default: the present one.') }),
  output: Written,
  call: async (caller, { group, seq, body, format }) => {
    const at = await groupOf(caller, group);
    return writtenMessage(caller, at, await edit(caller.core, at, seq, body, { format }));
  },
});

const eraseMessage = tool({
  ...{ name: 'erase_message', title: 'Erase a message', kind: 'replace' },
  description: 'Erases a message that you have posted, or as a moderator any message. Its text is gone for everybody after some seconds.',
  input: z.strictObject({ group, seq }),
  output: Message,
  call: async (caller, { group, seq }) => {
    const at = await groupOf(caller, group);
    return oneMessage(caller, at, await erase(caller.core, at, seq));
  },
});

const reactTool = tool({
  ...{ name: 'react', title: 'React to a message', kind: 'set' },
  description: 'Adds your reaction to a message, or removes it.',
  input: z.strictObject({
    ...{ group, seq },
    emoji: z
      .string('must be text')
      .max(64, 'must have 64 characters at most')
      .describe('One emoji, its short code such as :tada:, or up to 16 characters of text.'),
    on: z.boolean('must be true or false').default(true).describe('false: remove it.'),
  }),
  output: Message,
  call: async (caller, { group, seq, emoji, on }) => {
    const at = await groupOf(caller, group);
    return oneMessage(caller, at, await react(caller.core, at, seq, emoji, on));
  },
});

const openDirectTool = tool({
  ...{ name: 'open_direct', title: 'Open direct messages', kind: 'set' },
  description:
    'Opens the direct messages between you and others: always the same for the same people. Post to them by the slug in the result.',
  input: z.strictObject({
    with: z
      .array(z.string('must be text').max(1000, 'must have 1000 characters at most'), 'must be a list of names or ids')
      .max(MAX_NAMED, `must name ${MAX_NAMED} at most`)
      .describe('The other people: names or ids. An empty list: notes to yourself.'),
  }),
  output: Group,
  call: async ({ core, user }, { with: names }) => {
    await checkAccountRate(core, user, 'direct');
    const { group } = await openDirect(core, user, await findPeople(core, names));
    const [membership, head] = await Promise.all([core.store.memberships.get(group.id, user.id), core.store.log.head(group.id)]);
    return groupJson(group, membership, head.n, core.config.basePath);
  },
});

/** Tools that change something. */
export const writingTools: readonly Tool[] = [postMessage, editMessage, eraseMessage, reactTool, openDirectTool];
