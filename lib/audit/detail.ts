import { currentLanguage } from '../language/current.ts';
import { plural, t } from '../language/text.ts';
import type { AuditAct, AuditSubject } from './act.ts';

/** A recorded detail, and how it is shown: with the words that the pattern finds in it. */
type Form = readonly [pattern: RegExp, shown: (...words: string[]) => string];

/** Details with words of this program. Others are names and searched places. */
const FORMS: Partial<Record<AuditAct, readonly Form[]>> = {
  group_deleted: [
    [
      /^(\d+) messages, (\d+) members$/,
      (messages, members) => `${plural(Number(messages), 'message')}, ${plural(Number(members), 'member')}`,
    ],
  ],
  group_transferred: [[/^to (.+)$/, (name) => t`to ${name}`]],
  site_changed: [
    [/^name: (.+)$/, (name) => t`name: ${name}`],
    [/^picture$/, () => t`picture`],
    [/^picture removed$/, () => t`picture removed`],
  ],
  signup_changed: [
    [/^open$/, () => t`open`],
    [/^code$/, () => t`with a code`],
    [/^closed$/, () => t`closed`],
  ],
  account_deleted: [
    [/^messages kept$/, () => t`messages kept`],
    [/^messages erased$/, () => t`messages erased`],
  ],
  retention_changed: [
    [/^as the site$/, () => t`as the site`],
    [/^forever$/, () => t`forever`],
    [/^(\d+) days?$/, (days) => plural(Number(days), 'day')],
  ],
  message_erased: [[/^by (.+)$/, (name) => t`by ${name}`]],
  messages_erased: [[/^(\d+) messages?: (.+)$/, (count, selection) => `${plural(Number(count), 'message')} (${selection})`]],
  messages_searched: [[/^message (\d+) in (\S+), by its link$/, (seq, group) => t`message ${seq} in ${group}, by its link`]],
  report_closed: [
    [/^the message is erased$/, () => t`the message is erased`],
    [/^the message stays$/, () => t`the message stays`],
  ],
};

const SUBJECTS: readonly Form[] = [
  [/^message (\d+)$/, (seq) => t`message ${seq}`],
  [/^message (\d+) in direct messages$/, (seq) => t`message ${seq} in direct messages`],
  [/^message (\d+) in (\S+)$/, (seq, group) => t`message ${seq} in ${group}`],
];

/** The detail of an act in the current language: it is recorded and exported in English. */
export const detailText = (act: AuditAct, detail: string): string => shown(FORMS[act] ?? [], detail);

/** What an act changed, by the name that it had then. */
export const subjectText = ({ kind, name }: AuditSubject): string => (kind === 'message' ? shown(SUBJECTS, name) : name);

function shown(forms: readonly Form[], recorded: string): string {
  if (currentLanguage() === 'en') return recorded;
  for (const [pattern, text] of forms) {
    const found = pattern.exec(recorded);
    if (found) return text(...found.slice(1));
  }
  return recorded;
}
