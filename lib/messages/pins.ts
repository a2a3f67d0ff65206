import type { Core } from '../core.ts';
import { forbidden } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { GroupId } from '../ids.ts';
import { t } from '../language/text.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { foldMessages } from '../log/history.ts';
import { follow } from './edits/follow.ts';
import { MAX_PINS, mayPin } from './rules.ts';

/** Also includes pins of erased messages that are not scrubbed yet, and pins that a crash left behind. */
const MAX_READ = 4 * MAX_PINS;

/** Number of pinned messages of a group, with one read: an erased message may be counted until it is scrubbed. */
export const countPins = async ({ store }: Pick<Core, 'store'>, group: GroupId): Promise<number> =>
  Math.min(MAX_PINS, new Set((await store.log.pins(group, MAX_READ)).map(({ target }) => target)).size);

/** The pinned messages of a group, newest pin first. Clears pins that a crash left behind. */
export async function readPins(core: Core, group: GroupId): Promise<FoldedMessage[]> {
  const { log } = core.store;
  const pins = await log.pins(group, MAX_READ);
  const found = await Promise.all(pins.map(({ target }) => log.message(group, target)));
  const messages = [...new Map(found.flatMap((one) => (one ? [[one.seq, one] as const] : []))).values()];
  const bySeq = new Map((await foldMessages(core, group, messages)).map((folded) => [folded.message.seq, folded]));
  const standing: FoldedMessage[] = [];
  for (const { seq, target } of pins) {
    const folded = bySeq.get(target);
    if (folded?.state.pinned?.seq !== seq) await log.clearPins(group, target, seq + 1);
    else if (!isErased(folded)) standing.push(folded);
  }
  return standing;
}

/**
 * Pins (`on`) or unpins a message. Idempotent.
 * Errors: `forbidden` (erased, archived, or MAX_PINS reached), and those of `edit`.
 */
export async function pin(core: Core, at: GroupAccess, target: number, on: boolean): Promise<FoldedMessage> {
  const { id } = at.group;
  const folded = await follow(core, at, on ? { kind: 'pin', target, stands: true } : { kind: 'unpin', target }, async (now, present) => {
    if (!mayPin(now, present)) throw forbidden(t`Erased messages cannot be pinned.`);
    const changes = (present.state.pinned !== undefined) !== on;
    if (changes && on && (await isFull(core, id))) throw forbidden(t`This group has ${MAX_PINS} pinned messages, which is the limit.`);
    return changes;
  });
  if (!on && !folded.state.pinned) await core.store.log.clearPins(id, target, folded.rev);
  return folded;
}

const isFull = async (core: Core, group: GroupId): Promise<boolean> =>
  (await countPins(core, group)) >= MAX_PINS && (await readPins(core, group)).length >= MAX_PINS;
