import { setTimeout as delay } from 'node:timers/promises';
import type { Core } from '../../core.ts';
import { type MyGroup, myGroups } from '../../groups/roster.ts';
import type { Waiting } from '../../groups/sidebar.ts';
import type { GroupId, UserId } from '../../ids.ts';
import { EVERYBODY } from '../../markup/mentions.ts';
import type { Connection } from '../connection.ts';
import type { ActivityHead, ActivityListener, ActivityUpdate, GroupActivity } from './group-activity.ts';
import { type Render, SidebarPages } from './pages.ts';
import type { UserChannels } from './user-channel.ts';

/** Changes that come together are told once; and no more often than this. */
const [GATHER_MS, EVERY_MS] = [50, 500];
const RETRY_MS = 1000;
/** While the bus is silent the store is asked so often, and now and then in any case. */
const [READ_EVERY_MS, READ_ANYWAY_MS] = [5000, 300_000];

type Dependencies = {
  readonly core: Core;
  readonly bells: UserChannels;
  readonly pulses: GroupActivity;
  readonly render: Render;
  /** Lets only so many users read at once. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
};

/** One of the groups. As little as will do: there is one for each group of each user with a page open. */
type Row = Omit<Waiting, 'n'> & { readonly pulse: ActivityHead };

/**
 * What is unread in one user's groups, for all the pages they have open in this process. Read from the store once, then kept by what is heard:
 * the pulse of each group, and the user's own bell for marks and memberships.
 */
export class UserSidebar implements ActivityListener {
  readonly #user: UserId;
  readonly #parts: Dependencies;
  readonly #pages: SidebarPages;
  #rows: Row[] = [];
  /** Groups that the user was heard to have left since they were last read. */
  readonly #gone = new Set<GroupId>();
  /** Groups whose mentions have to be counted anew. */
  readonly #uncounted = new Set<GroupId>();
  #isRead = false;
  #isRunning = false;
  #isChanged = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #stop: () => void = () => {};

  constructor(user: UserId, parts: Dependencies) {
    this.#user = user;
    this.#parts = parts;
    this.#pages = new SidebarPages(parts.render);
  }

  add(connection: Connection, current: GroupId | undefined): void {
    this.#pages.add(connection, current);
    this.#change();
  }

  /** Resolves to how many pages are left. */
  remove(connection: Connection): number {
    this.#pages.remove(connection);
    return this.#pages.size;
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    this.#leave(this.#rows);
  }

  onActivity({ group, named, left, isChanged }: ActivityUpdate): void {
    if (left.has(this.#user)) this.#drop(group);
    if (isChanged) this.#isRead = false;
    if (named.has(this.#user) || named.has(EVERYBODY.id)) this.#uncounted.add(group);
    if (!this.#isRead || !this.#pages.areAllOf(group)) this.#change();
  }

  /** At once: what follows is not for them. Whether they are in again by now is read. */
  #drop(group: GroupId): void {
    this.#gone.add(group);
    this.#leave(this.#rows.filter((row) => row.group.id === group));
    this.#rows = this.#rows.filter((row) => row.group.id !== group);
    this.#isRead = false;
  }

  #marked(group: GroupId, n: number): void {
    const index = this.#rows.findIndex((row) => row.group.id === group);
    const row = this.#rows[index];
    if (!row) this.#isRead = false;
    else if (row.membership.mark < n) {
      this.#rows[index] = { ...row, membership: { ...row.membership, mark: n } };
      if (row.mentions > 0) this.#uncounted.add(group);
    }
    this.#change();
  }

  /** Something is, or may be, other than the pages show. */
  #change(): void {
    this.#isChanged = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isChanged && !this.#isClosed) {
      await delay(Math.max(GATHER_MS, this.#toldAt + EVERY_MS - performance.now()), undefined, { ref: false });
      this.#isChanged = false;
      try {
        if (!this.#isRead) await this.#parts.inTurn(() => this.#read());
        if (this.#uncounted.size > 0) await this.#count();
        this.#tell();
      } catch (error) {
        this.#parts.core.logger.debug({ err: error }, 'a sidebar waits for the store');
        this.#isChanged = true;
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
    this.#isRunning = false;
  }

  /** Listens to each group before what is unread in it is read. */
  async #read(): Promise<void> {
    if (this.#isClosed) return;
    const { core, pulses } = this.#parts;
    await this.#listen();
    this.#isRead = true; // whatever is heard from here on may make it false again
    this.#readAt = performance.now();
    this.#gone.clear();
    try {
      const mine = await myGroups(core, { id: this.#user }, { all: true });
      const before = this.#rows;
      const ids = mine.map(({ group }) => group.id);
      const watched = new Map((await pulses.watch(ids, this)).map((pulse) => [pulse.group, pulse]));
      const rows = mine.flatMap((one) => rowOf(one, watched.get(one.group.id), before));
      const isWanted = ({ group }: Row): boolean => !this.#isClosed && !this.#gone.has(group.id);
      this.#rows = rows.filter(isWanted);
      this.#leave([...before.filter(({ group }) => !watched.has(group.id)), ...rows.filter((row) => !isWanted(row))]);
      for (const row of this.#rows) if (row.pulse.n > row.membership.mark) this.#uncounted.add(row.group.id);
    } catch (error) {
      this.#isRead = false;
      throw error;
    }
  }

  async #listen(): Promise<void> {
    if (this.#readAt > 0) return;
    const stop = await this.#parts.bells.listen(this.#user, (event) => {
      if (event.type === 'mark') this.#marked(event.of, event.n);
      else this.#doubt(event.type);
    });
    if (this.#isClosed) stop();
    else this.#stop = stop;
  }

  /** It may be otherwise in the store. */
  #doubt(why: 'mine' | 'lost' | 'beat'): void {
    const age = performance.now() - this.#readAt;
    if (why === 'beat' && age < READ_ANYWAY_MS) return;
    this.#isRead = false;
    if (why !== 'lost' || age > READ_EVERY_MS) this.#change();
    else setTimeout(() => this.#change(), READ_EVERY_MS - age).unref();
  }

  #leave(rows: readonly Row[]): void {
    const groups = rows.map(({ group }) => group.id);
    this.#parts.pulses.leave(groups, this);
  }

  async #count(): Promise<void> {
    const groups = new Set(this.#uncounted);
    this.#uncounted.clear();
    const asked = this.#rows.flatMap(({ group, membership }) =>
      groups.has(group.id) ? [{ group: group.id, after: membership.mark }] : [],
    );
    try {
      const counts = await this.#parts.core.store.log.countMentions(this.#user, asked);
      this.#rows = this.#rows.map((row) => ({ ...row, mentions: counts.get(row.group.id) ?? row.mentions }));
    } catch (error) {
      for (const group of groups) this.#uncounted.add(group);
      throw error;
    }
  }

  #tell(): void {
    if (this.#pages.send(this.#rows.map((row) => ({ ...row, n: row.pulse.n })))) this.#toldAt = performance.now();
  }
}

/** Mentions are counted after this; until then what was known holds. */
function rowOf({ group, membership }: MyGroup, pulse: ActivityHead | undefined, before: readonly Row[]): Row[] {
  if (!pulse) return [];
  const { id, slug, name, kind } = group;
  const { mark, level, hidden } = membership;
  const mentions = before.find((row) => row.group.id === id)?.mentions ?? 0;
  return [{ group: { id, slug, name, kind }, membership: { mark, level, hidden }, pulse, mentions }];
}
