import { withFileLines } from '../files/presenter.ts';
import { bodyText, filesOf } from '../log/body-text.ts';
import type { Entry, Message } from '../log/entry.ts';
import { type FoldedMessage, fold } from '../log/fold.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import { lineText, nameOf, type Profiles } from './system-message.ts';

/** An entry as plain text: `name: text`, continuation lines indented. Undefined for entries that are not shown. */
export function entryText(entry: Entry, profiles: Profiles): string | undefined {
  switch (entry.kind) {
    case 'message':
      return textLine(sender(entry, profiles), entry.scrubbed ? '(erased)' : bodyInLines(fold(entry, [])));
    case 'edit':
      return textLine(
        nameOf(profiles, entry.author),
        entry.scrubbed ? '(erased)' : `(edited #${entry.target}) ${bodyAsText(entry.body, entry.format)}`,
      );
    case 'erase':
      return `* ${nameOf(profiles, entry.author)} erased #${entry.target}`;
    case 'pin':
    case 'unpin':
      return `* ${nameOf(profiles, entry.author)} ${entry.kind}ned #${entry.target}`;
    case 'unerase':
    case 'react':
    case 'unreact':
    case 'revoke':
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
export function messageText(folded: FoldedMessage, profiles: Profiles): string {
  return textLine(sender(folded.message, profiles), bodyInLines(folded));
}

/** The body and a line for each file. */
export const bodyInLines = (folded: FoldedMessage): string => withFileLines(bodyText(folded), filesOf(folded));

/** A sender name given by a webhook follows the bot's own name, so that a bot cannot impersonate a person. */
const sender = ({ author, as }: Message, profiles: Profiles): string =>
  as ? `${nameOf(profiles, author)} (${as})` : nameOf(profiles, author);

const textLine = (name: string, text: string): string => `${name}: ${text.replaceAll('\n', '\n  ')}`;
