import type { Core } from '../core.ts';
import type { GroupId } from '../ids.ts';
import { type Entry, type FollowUp, isFollowUp, isMessage } from '../log/entry.ts';
import { type FoldedMessage, fold } from '../log/fold.ts';

/** A message with everything that happened to it, or a system message. `followUps`: by seq. */
export type ExportedLine =
  | { readonly type: 'message'; readonly folded: FoldedMessage; readonly followUps: readonly FollowUp[] }
  | { readonly type: 'line'; readonly entry: Entry };

const WINDOW = 200;

/**
 * The messages and system messages of a group up to seq `head`, in order. A message is as it is when it is read, with what was done to it since.
 * Errors: StoreUnavailable.
 */
export async function* readLines({ store }: Pick<Core, 'store'>, group: GroupId, head: number): AsyncGenerator<ExportedLine> {
  for (let from = 1; from <= head; from += WINDOW) {
    const entries = await store.log.range(group, from, Math.min(head, from + WINDOW - 1));
    const targets = entries.filter(isMessage).map(({ seq }) => ({ seq, after: seq }));
    const followUps = targets.length > 0 ? await store.log.followUps(group, targets) : [];
    const byTarget = Map.groupBy(followUps, ({ target }) => target);
    for (const entry of entries) {
      if (isMessage(entry)) yield messageLine(entry, byTarget.get(entry.seq) ?? []);
      else if (!isFollowUp(entry)) yield { type: 'line', entry };
    }
  }
}

/** Folded without its snapshot, which does not tell when something happened. */
function messageLine({ folded: _snapshot, ...message }: Entry & { kind: 'message' }, followUps: readonly FollowUp[]): ExportedLine {
  return { type: 'message', folded: fold(message, followUps), followUps };
}
