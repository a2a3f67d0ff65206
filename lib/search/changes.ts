import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import { type Entry, isMessage } from '../log/entry.ts';
import { foldAll } from '../log/fold.ts';
import type { Indexed } from './port.ts';

/** The index records of all messages that these entries post or change, in their current state. */
export async function changedBy(
  { store: { log }, scheduler }: Pick<Core, 'store' | 'scheduler'>,
  group: GroupId,
  entries: readonly Entry[],
): Promise<Indexed[]> {
  const messages = entries.filter(isMessage);
  const here = new Set(messages.map(({ seq }) => seq));
  const before = new Set(entries.flatMap((entry) => (changesText(entry) && !here.has(entry.target) ? [entry.target] : [])));
  const earlier = await Promise.all([...before].map((seq) => log.message(group, seq)));
  const all = [...messages, ...earlier.filter((message) => message !== undefined)];
  if (all.length === 0) return [];
  const targets = all.map(({ seq, folded }) => ({ seq, after: folded?.upto ?? 0 }));
  const { indexed } = await import('./searchable.ts'); // loaded late: it imports the Markdown parser
  const folded = foldAll(all, await log.followUps(group, targets));
  return Array.fromAsync(folded, (one) => scheduler.run(() => indexed(one)));
}

const changesText = (entry: Entry): entry is Entry & { kind: 'edit' | 'erase' | 'unerase' } =>
  entry.kind === 'edit' || entry.kind === 'erase' || entry.kind === 'unerase';
