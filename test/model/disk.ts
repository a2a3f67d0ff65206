import type { GroupId } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Head, headAfter } from '../../lib/log/entry.ts';
import { type Change, emptyState, lastOf, type State } from './state.ts';
import type { World } from './world.ts';

/**
 * Where a model store keeps its data:
 * - `file`: one machine; an append is one transaction, and heads are always true (SQLite).
 * - `document`: one machine; each entry of an append is written by itself (MongoDB without replicas, or a shard).
 * - `replicas`: as `document`, and a write counts once most replicas have it. A failover keeps all that counts, and of the rest a part.
 */
export type DiskKind = 'file' | 'document' | 'replicas';

/** The parts of the world that a disk uses. */
export type Weathered = Pick<World, 'step' | 'note' | 'violations' | 'weather'> & {
  readonly tape: Pick<World['tape'], 'chance' | 'pick'>;
  readonly time: Pick<World['time'], 'after'>;
};

type Waiting = { readonly length: number; readonly resolve: (isKept: boolean) => void };

export class Disk {
  readonly kind: DiskKind;
  readonly #world: Weathered;
  /** What the primary has. */
  primary: State = emptyState();
  /** The state that a majority of replicas has: reads see only this. */
  committed: State;
  /** Counts failovers. */
  term = 0;
  /** No primary answers: during an election or an outage. */
  isAway = false;
  #changes: Change[] = [];
  #committedLength = 0;
  #waiting: Waiting[] = [];
  #waitingForPrimary: (() => void)[] = [];
  #isReplicating = false;

  constructor(kind: DiskKind, world: Weathered) {
    this.kind = kind;
    this.#world = world;
    this.committed = kind === 'replicas' ? emptyState() : this.primary;
  }

  /** All changes that persist, in order. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** Whether a majority has every write. */
  get isQuiet(): boolean {
    return !this.isAway && (this.kind !== 'replicas' || this.#committedLength === this.#changes.length);
  }

  /** Makes a change on the primary; resolves to true when a majority has it, to false when its fate is unknown. */
  write(...changes: readonly Change[]): Promise<boolean> {
    for (const change of changes) {
      change(this.primary);
      this.#changes.push(change);
    }
    if (this.kind !== 'replicas') return Promise.resolve(true);
    void this.#replicate();
    return this.whenCommitted();
  }

  /** Resolves when a majority has all writes of the primary (true), or their fate is unknown (false). */
  whenCommitted(): Promise<boolean> {
    const { length } = this.#changes;
    if (this.kind !== 'replicas' || length <= this.#committedLength) return Promise.resolve(true);
    return new Promise((resolve) => this.#waiting.push({ length, resolve }));
  }

  /** Another replica becomes the primary after `electionMs`, with the first `kept` of the changes that had no majority. */
  failover(kept: number, electionMs: number): void {
    if (this.kind !== 'replicas' || this.isAway) return;
    this.term += 1;
    this.#changes = this.#changes.slice(0, this.#committedLength + kept);
    this.primary = replayed(this.#changes);
    for (const { resolve } of this.#waiting.splice(0)) resolve(false);
    this.away(electionMs);
  }

  /** Does not answer for this time. */
  away(ms: number): void {
    if (this.isAway) return;
    this.isAway = true;
    void this.#world.time.after(ms).then(() => {
      this.isAway = false;
      for (const resolve of this.#waitingForPrimary.splice(0)) resolve();
      if (this.kind === 'replicas') void this.#replicate();
    });
  }

  /** Resolves when there is a primary. */
  async back(): Promise<void> {
    if (this.isAway) await new Promise<void>((resolve) => this.#waitingForPrimary.push(resolve));
  }

  async #replicate(): Promise<void> {
    if (this.#isReplicating) return;
    this.#isReplicating = true;
    while (this.#committedLength < this.#changes.length) {
      const [term, length] = [this.term, this.#changes.length];
      await this.#world.step('replicate');
      if (this.isAway) await this.back();
      else if (term === this.term) this.#commit(length);
    }
    this.#isReplicating = false;
  }

  #commit(length: number): void {
    for (; this.#committedLength < length; this.#committedLength += 1) this.#changes[this.#committedLength]?.(this.committed);
    const done = this.#waiting.filter((one) => one.length <= length);
    this.#waiting = this.#waiting.filter((one) => one.length > length);
    for (const { resolve } of done) resolve(true);
  }
}

/** The state after these changes to an empty store. */
function replayed(changes: readonly Change[]): State {
  const state = emptyState();
  for (const change of changes) change(state);
  return state;
}

/** The stored head of a log: exact for a file, a hint otherwise. */
export function hintOf(disk: Disk, state: State, group: GroupId): Head {
  if (disk.kind !== 'file') return state.hints.get(group) ?? EMPTY_HEAD;
  const last = lastOf(state, group);
  return last ? headAfter(last) : EMPTY_HEAD;
}
