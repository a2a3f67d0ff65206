import type { Core } from '../core.ts';
import { withFileLines } from '../files/presenter.ts';
import { filesOf } from '../log/body-text.ts';
import type { Entry, Message } from '../log/entry.ts';
import { type FoldedMessage, fold, isErased } from '../log/fold.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import { actionLines } from './actions/text.ts';
import { readRendered } from './rendered.ts';
import { lineText, nameOf, type Profiles } from './system-message.ts';

/** An entry as plain text: `name: text`, continuation lines indented. Undefined for entries that are not shown. */
export async function entryText(core: Core, entry: Entry, profiles: Profiles): Promise<string | undefined> {
  switch (entry.kind) {
    case 'message':
      return textLine(sender(entry, profiles), entry.scrubbed ? '(erased)' : await bodyInLines(core, fold(entry, []), profiles));
    case 'edit':
      if (entry.quiet) return undefined;
      return textLine(
        nameOf(profiles, entry.author),
        entry.scrubbed ? '(erased)' : `(edited #${entry.target}) ${await core.scheduler.run(() => bodyAsText(entry.body, entry.format))}`,
      );
    case 'erase':
      return `* ${nameOf(profiles, entry.author)} erased #${entry.target}`;
    case 'pin':
    case 'unpin':
      return `* ${nameOf(profiles, entry.author)} ${entry.kind}ned #${entry.target}`;
    case 'unerase':
      return textLine(
        nameOf(profiles, entry.author),
        entry.scrubbed ? '(erased)' : `(restored #${entry.target}) ${bodyAsText(entry.body ?? '', entry.format ?? 'text')}`,
      );
    case 'act':
      return entry.hidden || entry.scrubbed ? undefined : `* ${nameOf(profiles, entry.author)} used “${entry.label}” of #${entry.target}`;
    case 'react':
    case 'unreact':
    case 'ack':
    case 'command':
    case 'revoke':
    case 'report':
    case 'closeReport':
    case 'audit':
      return undefined;
    case 'join':
    case 'leave':
    case 'rename':
    case 'topic':
    case 'archive':
      return `* ${lineText(entry, profiles)}`;
    default:
      throw entry satisfies never;
  }
}

/** A folded message as plain text. */
export async function messageText(core: Core, folded: FoldedMessage, profiles: Profiles): Promise<string> {
  return textLine(sender(folded.message, profiles), await bodyInLines(core, folded, profiles));
}

/** The body, after the number of the message that it answers, and a line for each file and each action. */
const bodyInLines = async (core: Core, folded: FoldedMessage, profiles: Profiles): Promise<string> => {
  const body = isErased(folded) ? '(erased)' : answering(folded.message, await readRendered(core, folded, profiles, ({ text }) => text));
  return [withFileLines(body, filesOf(folded), core.config.basePath), ...actionLines(folded, profiles)].join('\n');
};

const answering = ({ replyTo }: Message, text: string): string =>
  replyTo === undefined ? text : `(reply to #${replyTo}) ${text}`.trimEnd();

/** A sender name given by a webhook follows the bot's own name, so that a bot cannot impersonate a person. */
const sender = ({ author, as }: Message, profiles: Profiles): string =>
  as ? `${nameOf(profiles, author)} (${as})` : nameOf(profiles, author);

const textLine = (name: string, text: string): string => `${name}: ${text.replaceAll('\n', '\n  ')}`;
