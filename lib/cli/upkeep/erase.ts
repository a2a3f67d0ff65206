import { invalid } from '../../errors.ts';
import { eraseSelected, setHold, setRetention } from '../../retention/operations.ts';
import { type Asked, selectionOf } from '../../retention/parse-selection.ts';
import { daysText, parseDays } from '../../retention/rules.ts';
import { SERVER } from '../../security/event.ts';
import type { Session } from '../command.ts';
import { findGroup, operator } from '../lookup.ts';
import { openProgress } from '../progress.ts';

export type EraseOptions = Asked & { readonly yes?: true };

/** Counts the messages that meet all options; with `yes` erases them. A running server removes their texts and files within seconds. */
export async function erase({ core, out }: Session, { yes, ...asked }: EraseOptions): Promise<void> {
  const { detail, ...selection } = await selectionOf(core, asked);
  const isErasing = yes === true;
  const by = (await operator(core))?.id ?? SERVER;
  const progress = openProgress(out, 'messages');
  let read = 0;
  const onRead = (count: number): void => {
    read += count;
    progress.show('read', read);
  };
  const { messages, groups, held } = await eraseSelected(core, selection, { isErasing, by, detail, onRead });
  const left = held === 0 ? '' : `; ${held} on legal hold left out`;
  const size = `${messages} ${messages === 1 ? 'message' : 'messages'} in ${groups} ${groups === 1 ? 'group' : 'groups'}`;
  const text = isErasing ? `Erased ${size}${left}.` : `Found ${size}${left}. Add --yes to erase them for good.`;
  out.write({ messages, groups, held, erased: isErasing }, text);
}

/** Shows or sets how long the messages of a group are kept. */
export async function retention({ core, out }: Session, slug: string, days: string | undefined): Promise<void> {
  const group = await findGroup(core, slug);
  if (days !== undefined) await setRetention(core, group, parseDays(days));
  const now = await findGroup(core, group.slug);
  const own = now.retentionDays ?? null;
  const text = own === null ? `as the site: ${daysText(core.config.retentionDays)}` : daysText(own);
  out.write(
    { slug: now.slug, days: own, held: now.held === true },
    `${now.name}: messages are kept ${text}${now.held ? '; on legal hold' : ''}.`,
  );
}

/** Puts a group on legal hold, or takes it off. */
export async function hold({ core, out }: Session, slug: string, on: boolean): Promise<void> {
  const group = await findGroup(core, slug);
  if (!on && core.config.legalHold) throw invalid('off', 'LEGAL_HOLD is on: every group is on legal hold.');
  await setHold(core, group, on);
  out.write({ slug: group.slug, held: on }, `${group.name} is ${on ? 'now' : 'no longer'} on legal hold.`);
}
