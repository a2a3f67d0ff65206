import type { Core } from '../../core.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Connection } from '../connection.ts';
import type { OnlinePeople } from '../presence/online.ts';
import { GroupActivity } from './group-activity.ts';
import type { Render } from './pages.ts';
import type { UserChannels } from './user-channel.ts';
import { UserSidebar } from './user-sidebar.ts';

/** Users whose groups are read in parallel. When all clients reconnect at once, this keeps the store free for posts. */
const MAX_READING = 4;

type Dependencies = {
  readonly core: Core;
  readonly userChannels: UserChannels;
  readonly online: OnlinePeople;
  readonly render: Render;
};

/** The unread counts for every user with a page open in this process: one state per user, sent to all pages of that user. */
export class Sidebars {
  readonly #parts: Dependencies;
  readonly #activity: GroupActivity;
  readonly #users = new Map<UserId, UserSidebar>();
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: Dependencies) {
    this.#parts = parts;
    this.#activity = new GroupActivity(parts.core);
  }

  /** Sends a started stream the current sidebar, and later its changes. `current`: the group that its page shows. */
  open(connection: Connection, current: GroupId | undefined): void {
    const { user } = connection.listener;
    const sidebar = this.#users.get(user) ?? this.#make(user);
    sidebar.add(connection, current);
    connection.atEnd(() => {
      if (sidebar.remove(connection) > 0 || this.#users.get(user) !== sidebar) return;
      this.#users.delete(user);
      sidebar.close();
    });
  }

  #make(user: UserId): UserSidebar {
    const parts = { ...this.#parts, activity: this.#activity, inTurn: <T>(work: () => Promise<T>) => this.#inTurn(work) };
    const sidebar = new UserSidebar(user, parts);
    this.#users.set(user, sidebar);
    return sidebar;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#reading >= MAX_READING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reading += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#reading -= 1;
    }
  }

  retry(): void {
    this.#activity.retry();
  }

  /** Compares the groups with their heads in the store. Errors: StoreUnavailable. */
  probe(): Promise<void> {
    return this.#activity.probe();
  }
}
