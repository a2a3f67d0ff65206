import type { Core } from '../../core.ts';
import type { GroupId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { Connection } from '../connection.ts';
import type { FeedGroup } from '../feed.ts';
import type { Feeds } from '../feeds.ts';
import { retryWhileUnavailable } from '../retry-while-unavailable.ts';
import type { UserChannels } from '../sidebar/user-channel.ts';
import { GroupChanges } from './group-changes.ts';

/** What a stream of changes follows, and what it writes. */
export type Changes = {
  readonly groups: readonly FeedGroup[];
  /** Called with new entries of a group, until its user leaves it: each entry once, in order. */
  readonly onEntries: (group: GroupId, entries: readonly Entry[]) => void;
  /** Called when the user has joined or left a group. Undefined: that is not followed. */
  readonly onGroups?: (() => void) | undefined;
  /** What is written. The stream ends with it. */
  readonly source: ReadableStream<Uint8Array>;
};

type Dependencies = Changes & {
  readonly core: Core;
  readonly feeds: Feeds;
  readonly userChannels: UserChannels;
  readonly connection: Connection;
};

/** A stream whose source is told what changes in some groups, and says what is written. */
export class ChangeStream {
  readonly #parts: Dependencies;
  #groups: readonly GroupChanges[] = [];
  #known = '';
  #isReading = false;
  #isWanted = false;

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  /** Subscribes, so that no later change is missed. To be called before the response starts. Errors: StoreUnavailable. */
  async enter(): Promise<void> {
    const { feeds, connection, groups, onEntries } = this.#parts;
    this.#groups = groups.map((group) => new GroupChanges(group, connection, (entries) => onEntries(group.id, entries)));
    await Promise.all(this.#groups.map((part) => feeds.enter(part, part.group, undefined)));
    if (this.#parts.onGroups) await this.#followGroups(this.#parts.onGroups);
  }

  async #followGroups(onGroups: () => void): Promise<void> {
    const { userChannels, connection } = this.#parts;
    const stop = await userChannels.listen(connection.listener.user, ({ type }) => {
      if (type !== 'mark') this.#compare(onGroups).catch((error) => this.#fail(error));
    });
    connection.atEnd(stop);
    this.#known = await this.#memberships();
  }

  /** Reads the memberships again; one read at a time. */
  async #compare(onGroups: () => void): Promise<void> {
    this.#isWanted = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isWanted && this.#parts.connection.isOpen) {
      this.#isWanted = false;
      const now = await this.#retrying(() => this.#memberships());
      if (now === undefined || now === this.#known) continue;
      this.#known = now;
      onGroups();
    }
    this.#isReading = false;
  }

  async #memberships(): Promise<string> {
    const { core, connection } = this.#parts;
    const memberships = await core.store.memberships.ofUser(connection.listener.user);
    return memberships
      .map(({ group }) => group)
      .sort()
      .join();
  }

  #retrying<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { core, connection } = this.#parts;
    return retryWhileUnavailable(work, {
      isWanted: () => connection.isOpen,
      onUnavailable: (error) => core.logger.warn({ err: error }, 'the store is unavailable; a stream of changes waits'),
    });
  }

  /** To be called once the response has started: writes what the source gives, and begins to tell it of changes. */
  begin(): void {
    const fail = (error: unknown): void => this.#fail(error);
    this.#pipe().catch(fail);
    for (const part of this.#groups) this.#parts.feeds.get(part.group.id)?.join(part).catch(fail);
  }

  #fail(error: unknown): void {
    this.#parts.core.logger.error({ err: error }, 'a stream of changes failed; ending it');
    this.#parts.connection.end();
  }

  async #pipe(): Promise<void> {
    const { connection, source } = this.#parts;
    const reader = source.getReader();
    connection.atEnd(() => void reader.cancel());
    for (let read = await reader.read(); !read.done; read = await reader.read()) connection.write(Buffer.from(read.value));
    connection.end();
  }
}
