import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { addByName } from '../groups/add-by-name.ts';
import { leaveGroup, openManagedGroup, setLevel, setTopic } from '../groups/operations.ts';
import { defaultLevel, type GroupAccess } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Action } from '../log/action.ts';
import { pollActions } from '../log/poll.ts';
import { remindBy } from '../scheduled/command.ts';
import { checkPoll, closingLabels, pollIn } from './poll.ts';

/**
 * What a command comes to: a message to post (Markdown), with the actions of a poll, or what was typed as a message that is a command to a bot; or something done, which `said` says;
 * `url`: the page to go to.
 */
export type Outcome =
  | { readonly body: string; readonly actions?: readonly Action[] }
  | { readonly command: { readonly name: string; readonly bot: UserId } }
  | { readonly said: string; readonly url?: string };

/** `hint`: what follows the name. `help`: one line. */
export type Command = {
  readonly name: string;
  readonly hint: string;
  readonly help: string;
  /** `zone`: the IANA name of the time zone of what follows. */
  run(core: Core, at: GroupAccess, rest: string, zone: string): Promise<Outcome> | Outcome;
};

const required = (rest: string, what: string): string => {
  if (rest === '') throw invalid('body', what);
  return rest;
};

/** The commands of every group, in the language of the request. */
export const builtinCommands = (): readonly Command[] => [
  {
    name: 'help',
    hint: '',
    help: t`Lists the commands.`,
    run: (_, { group }) => ({ said: t`These are the commands.`, url: `/groups/${group.slug}/commands` }),
  },
  {
    name: 'invite',
    hint: t`name`,
    help: t`Adds somebody to this group.`,
    async run(core, at, rest) {
      const name = required(rest, t`Say whom to invite: /invite name`).replace(/^@/, '');
      const { name: added } = await addByName(core, await openManagedGroup(core, at.user, at.group.slug), name);
      return { said: t`${added} is in this group.` };
    },
  },
  {
    name: 'leave',
    hint: '',
    help: t`Leaves this group.`,
    async run(core, at) {
      await leaveGroup(core, at);
      return { said: t`You have left ${at.group.name}.`, url: '/groups' };
    },
  },
  {
    name: 'me',
    hint: t`what you do`,
    help: t`Says what you do, in italics.`,
    run: (_core, _at, rest) => ({ body: italic(required(rest, t`Say what you do: /me waves`)) }),
  },
  {
    name: 'mute',
    hint: 'off',
    help: t`Mutes this group, or with off unmutes it.`,
    async run(core, at, rest) {
      if (rest !== '' && rest !== 'off') throw invalid('body', t`Only “off” can follow /mute.`);
      await setLevel(core, at, rest === 'off' ? defaultLevel(at.group.kind) : 'nothing');
      return { said: rest === 'off' ? t`This group notifies you again.` : t`This group is muted.` };
    },
  },
  {
    name: 'poll',
    hint: t`question? option, option`,
    help: t`Asks everybody: a question and its options, in one line, on lines of their own or in quotation marks.`,
    run(_core, { user }, rest) {
      const typed = pollIn(rest);
      if (!typed) throw invalid('body', t`Write a question and its options: /poll Where to? The park, The pier`);
      const { question, options } = checkPoll(typed, 'body');
      return { body: question, actions: pollActions(user.id, options, { multiple: false, show: 'names' }, closingLabels()) };
    },
  },
  {
    name: 'remind',
    hint: t`me tomorrow 9:00 text`,
    help: t`Reminds you, or with here the group, at a time: /remind here in 20 minutes text`,
    run: async (core, at, rest, zone) => ({ said: await remindBy(core, at, rest, zone) }),
  },
  {
    name: 'shrug',
    hint: t`text`,
    help: t`Adds ${SHRUG} to your text.`,
    run: (_core, _at, rest) => ({ body: `${rest} ${SHRUG_SOURCE}`.trim() }),
  },
  {
    name: 'topic',
    hint: t`what the group is about`,
    help: t`Sets the topic of this group.`,
    async run(core, at, rest) {
      const { group, user } = await openManagedGroup(core, at.user, at.group.slug);
      await setTopic(core, user.id, group, rest);
      return { said: rest === '' ? t`The topic is removed.` : t`The topic is set.` };
    },
  },
];

const SHRUG = '¯\\_(ツ)_/¯';
/** As Markdown, where a backslash and underscores have a meaning. */
const SHRUG_SOURCE = '¯\\\\\\_(ツ)\\_/¯';

/** Each line in italics; stars in it are shown as stars. */
const italic = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.trim() === '' ? '' : `*${line.trim().replaceAll('*', '\\*')}*`))
    .join('\n');
