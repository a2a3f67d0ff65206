import type { Core } from '../../core.ts';
import type { BusEvent } from '../../events.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import { Tail } from '../tail.ts';

/** What new entries of a group change in sidebars. */
export type ActivityUpdate = {
  readonly group: GroupId;
  /** Whom the new messages and edits mention, except their authors. */
  readonly named: ReadonlySet<UserId>;
  readonly left: ReadonlySet<UserId>;
  /** Whether its name, slug or archive state changed. */
  readonly isChanged: boolean;
};

export type ActivityListener = { onActivity(update: ActivityUpdate): void };

/** A followed group and its number of messages. */
export type ActivityHead = { readonly group: GroupId; readonly n: number };

type Dependencies = Pick<Core, 'bus' | 'store' | 'logger'>;

/** Follows the logs of groups for sidebars, each from its first watcher to its last. Entries are read without gaps, as by streams, so that no update about a group reaches a user who has left it. */
export class GroupActivity {
  readonly #core: Dependencies;
  readonly #all = new Map<GroupId, Followed>();

  constructor(core: Dependencies) {
    this.#core = core;
  }

  /** Adds a watcher to these groups, before the promise resolves. Errors: StoreUnavailable; then it is added to none. */
  async watch(groups: readonly GroupId[], watcher: ActivityListener): Promise<ActivityHead[]> {
    const fresh: Followed[] = [];
    const wanted = groups.map((group) => {
      const known = this.#all.get(group);
      const followed = known ?? new Followed(group, this.#core);
      if (!known) fresh.push(followed);
      this.#all.set(group, followed);
      followed.watchers.add(watcher);
      return followed;
    });
    const opening = this.#open(fresh);
    for (const followed of fresh) followed.opening = opening;
    try {
      await Promise.all(wanted.map(({ opening: open }) => open));
    } catch (error) {
      this.leave(groups, watcher);
      throw error;
    }
    return wanted;
  }

  leave(groups: Iterable<GroupId>, watcher: ActivityListener): void {
    for (const group of groups) {
      const followed = this.#all.get(group);
      if (!followed?.watchers.delete(watcher) || followed.watchers.size > 0) continue;
      this.#all.delete(group);
      followed.close();
    }
  }

  /** Subscribes before it reads the heads. If a stored head is behind, the rest is read as a gap. */
  async #open(fresh: readonly Followed[]): Promise<void> {
    if (fresh.length === 0) return;
    await Promise.all(fresh.map((followed) => followed.listen()));
    const heads = await this.#core.store.log.heads(fresh.map(({ group }) => group));
    for (const followed of fresh) followed.start(heads.get(followed.group) ?? { seq: 0, n: 0 });
  }

  /** Reads announced entries that an earlier read failed to get. */
  retry(): void {
    for (const followed of this.#all.values()) followed.tail?.retry();
  }

  /** Compares with the heads in the store. Errors: StoreUnavailable. */
  async probe(): Promise<void> {
    if (this.#all.size === 0) return;
    const heads = await this.#core.store.log.heads([...this.#all.keys()]);
    for (const [group, { seq }] of heads) this.#all.get(group)?.tail?.reach(seq);
  }
}

class Followed implements ActivityHead {
  readonly group: GroupId;
  readonly watchers = new Set<ActivityListener>();
  readonly #core: Dependencies;
  opening: Promise<void> = Promise.resolve();
  n = 0;
  tail: Tail | undefined;
  #early: BusEvent[] = [];
  #stop: () => void = () => {};
  #isClosed = false;

  constructor(group: GroupId, core: Dependencies) {
    this.group = group;
    this.#core = core;
  }

  async listen(): Promise<void> {
    const stop = await this.#core.bus.subscribe(this.group, (event) => (this.tail ? this.tail.onEvent(event) : this.#early.push(event)));
    if (this.#isClosed) stop();
    else this.#stop = stop;
  }

  start({ seq, n }: { readonly seq: number; readonly n: number }): void {
    this.n = n;
    this.tail = new Tail(this.group, seq, {
      store: this.#core.store,
      deliver: (entries) => this.#notify(entries),
      onError: (error) =>
        this.#core.logger.debug({ err: error, group: this.group }, 'the store is unavailable; the activity of a group waits'),
    });
    for (const event of this.#early.splice(0)) this.tail.onEvent(event);
  }

  #notify(entries: readonly Entry[]): void {
    this.n = entries.at(-1)?.n ?? this.n;
    const update = updateOf(this.group, entries);
    for (const watcher of [...this.watchers]) watcher.onActivity(update);
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }
}

function updateOf(group: GroupId, entries: readonly Entry[]): ActivityUpdate {
  const named = entries.flatMap((entry) =>
    entry.kind === 'message' || entry.kind === 'edit' ? (entry.mentions ?? []).filter((user) => user !== entry.author) : [],
  );
  const left = entries.flatMap((entry) => (entry.kind === 'leave' ? [entry.member] : []));
  const isChanged = entries.some(({ kind }) => kind === 'rename' || kind === 'archive');
  return { group, named: new Set(named), left: new Set(left), isChanged };
}
