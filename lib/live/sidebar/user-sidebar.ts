import { setTimeout as delay } from 'node:timers/promises';
import type { Core } from '../../core.ts';
import { isPartnerIn, partnersIn } from '../../groups/online.ts';
import { type MyGroup, myGroups } from '../../groups/roster.ts';
import type { SidebarInput } from '../../groups/sidebar.ts';
import type { GroupId, UserId } from '../../ids.ts';
import { EVERYBODY } from '../../markup/mentions.ts';
import type { Connection } from '../connection.ts';
import type { OnlineListener, OnlinePeople } from '../presence/online.ts';
import type { ActivityHead, ActivityListener, ActivityUpdate, GroupActivity } from './group-activity.ts';
import { type Render, SidebarPages } from './pages.ts';
import type { UserChannels } from './user-channel.ts';

/** Changes within the first are sent once; the second is the minimum interval between two updates. */
const [GATHER_MS, EVERY_MS] = [50, 500];
/** The share of the time that updates of one user may take: with hundreds of open pages they are less frequent, so that messages are not delayed. */
const SHARE = 0.05;
const RETRY_MS = 1000;
/** How often the store is read while the bus is down, and how often in any case. */
const [MIN_READ_INTERVAL_MS, MAX_AGE_MS] = [5000, 300_000];

type Dependencies = {
  readonly core: Core;
  readonly userChannels: UserChannels;
  readonly activity: GroupActivity;
  readonly online: OnlinePeople;
  readonly render: Render;
  /** Runs `work` when fewer than MAX_READING users are read. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
};

/** One group of the user. Kept small: there is one per group of each user with a page open. */
type Row = Omit<SidebarInput, 'n' | 'present'> & { readonly activity: ActivityHead };

/**
 * The unread counts of one user's groups, for all pages of the user in this process. Read from the store once, then updated by events:
 * each group's activity, the user's own channel for read marks and memberships, and whether the others of direct messages are online.
 */
export class UserSidebar implements ActivityListener, OnlineListener {
  readonly #user: UserId;
  readonly #parts: Dependencies;
  readonly #pages: SidebarPages;
  #rows: Row[] = [];
  /** Groups that the user has left since the last read. */
  readonly #left = new Set<GroupId>();
  /** Groups whose mentions must be counted again. */
  readonly #uncounted = new Set<GroupId>();
  #isRead = false;
  #isRunning = false;
  #isChanged = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** How long the last update took, ms. */
  #tookMs = 0;
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

  /** Returns how many pages are left. */
  remove(connection: Connection): number {
    this.#pages.remove(connection);
    return this.#pages.size;
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
    this.#leave(this.#rows);
    this.#parts.online.unfollow(this);
  }

  onOnline(): void {
    this.#change();
  }

  onActivity({ group, named, left, isChanged }: ActivityUpdate): void {
    if (left.has(this.#user)) this.#drop(group);
    if (isChanged) this.#isRead = false;
    if (named.has(this.#user) || named.has(EVERYBODY.id)) this.#uncounted.add(group);
    if (!this.#isRead || !this.#pages.areAllOf(group)) this.#change();
  }

  /** Drops a group that the user has left, at once: later entries are not for them. The next read finds out whether they have rejoined. */
  #drop(group: GroupId): void {
    this.#left.add(group);
    this.#leave(this.#rows.filter((row) => row.group.id === group));
    this.#rows = this.#rows.filter((row) => row.group.id !== group);
    this.#isRead = false;
  }

  #onMark(group: GroupId, n: number): void {
    const index = this.#rows.findIndex((row) => row.group.id === group);
    const row = this.#rows[index];
    if (!row) this.#isRead = false;
    else if (row.membership.mark < n) {
      this.#rows[index] = { ...row, membership: { ...row.membership, mark: n } };
      if (row.mentions > 0) this.#uncounted.add(group);
    }
    this.#change();
  }

  /** Schedules an update, since the pages may be outdated. */
  #change(): void {
    this.#isChanged = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isChanged && !this.#isClosed) {
      const dueAt = this.#sentAt + Math.max(EVERY_MS, this.#tookMs / SHARE);
      await delay(Math.max(GATHER_MS, dueAt - performance.now()), undefined, { ref: false });
      this.#isChanged = false;
      try {
        if (!this.#isRead) await this.#parts.inTurn(() => this.#read());
        if (this.#uncounted.size > 0) await this.#count();
        this.#send();
      } catch (error) {
        this.#parts.core.logger.debug({ err: error }, 'the store is unavailable; a sidebar waits');
        this.#isChanged = true;
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
    this.#isRunning = false;
  }

  /** Subscribes to each group before its unread count is read. */
  async #read(): Promise<void> {
    if (this.#isClosed) return;
    const { core, activity, online } = this.#parts;
    await this.#listen();
    this.#isRead = true; // an event from here on may set it to false again
    this.#readAt = performance.now();
    this.#left.clear();
    try {
      const mine = await myGroups(core, { id: this.#user }, { all: true });
      const before = this.#rows;
      const ids = mine.map(({ group }) => group.id);
      const [heads] = await Promise.all([activity.watch(ids, this), online.follow(this, partnersIn(mine))]);
      if (this.#isClosed) online.unfollow(this);
      const watched = new Map(heads.map((head) => [head.group, head]));
      const rows = mine.flatMap((one) => rowOf(one, watched.get(one.group.id), before));
      const isWanted = ({ group }: Row): boolean => !this.#isClosed && !this.#left.has(group.id);
      this.#rows = rows.filter(isWanted);
      this.#leave([...before.filter(({ group }) => !watched.has(group.id)), ...rows.filter((row) => !isWanted(row))]);
      for (const row of this.#rows) if (row.activity.n > row.membership.mark) this.#uncounted.add(row.group.id);
    } catch (error) {
      this.#isRead = false;
      throw error;
    }
  }

  async #listen(): Promise<void> {
    if (this.#readAt > 0) return;
    const stop = await this.#parts.userChannels.listen(this.#user, (event) => {
      if (event.type === 'mark') this.#onMark(event.of, event.n);
      else this.#invalidate(event.type);
    });
    if (this.#isClosed) stop();
    else this.#stop = stop;
  }

  /** Marks the state as possibly outdated. */
  #invalidate(why: 'mine' | 'lost' | 'heartbeat'): void {
    const age = performance.now() - this.#readAt;
    if (why === 'heartbeat' && age < MAX_AGE_MS) return;
    this.#isRead = false;
    if (why !== 'lost' || age > MIN_READ_INTERVAL_MS) this.#change();
    else setTimeout(() => this.#change(), MIN_READ_INTERVAL_MS - age).unref();
  }

  #leave(rows: readonly Row[]): void {
    const groups = rows.map(({ group }) => group.id);
    this.#parts.activity.leave(groups, this);
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

  #send(): void {
    const beganAt = performance.now();
    const { online } = this.#parts;
    if (!this.#pages.send(this.#rows.map((row) => ({ ...row, n: row.activity.n, present: isPartnerIn(online, row) })))) return;
    this.#sentAt = performance.now();
    this.#tookMs = this.#sentAt - beganAt;
  }
}

/** Keeps the known number of mentions until they are counted again. */
function rowOf({ group, membership, face }: MyGroup, activity: ActivityHead | undefined, before: readonly Row[]): Row[] {
  if (!activity) return [];
  const { id, slug, name, kind, archived } = group;
  const { mark, level, hidden, favourite = false } = membership;
  const mentions = before.find((row) => row.group.id === id)?.mentions ?? 0;
  return [{ group: { id, slug, name, kind, archived }, membership: { mark, level, hidden, favourite }, activity, mentions, face }];
}
