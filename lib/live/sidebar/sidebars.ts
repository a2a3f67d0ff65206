import type { Core } from '../../core.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Connection } from '../connection.ts';
import { GroupActivity } from './group-activity.ts';
import type { Render } from './pages.ts';
import type { UserChannels } from './user-channel.ts';
import { UserSidebar } from './user-sidebar.ts';

/** Users whose groups are read at once: when all come back together their pages wait a little, and the store serves posts meanwhile. */
const MAX_READING = 4;

type Dependencies = { readonly core: Core; readonly bells: UserChannels; readonly render: Render };

/** What is unread in the groups of everybody who has a page open here: kept for each user, whatever number of pages, and told to these. */
export class Sidebars {
  readonly #parts: Dependencies;
  readonly #pulses: GroupActivity;
  readonly #users = new Map<UserId, UserSidebar>();
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: Dependencies) {
    this.#parts = parts;
    this.#pulses = new GroupActivity(parts.core);
  }

  /** Tells a stream that has begun what there is, and then what changes. `current`: the group that its page shows. */
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
    const parts = { ...this.#parts, pulses: this.#pulses, inTurn: <T>(work: () => Promise<T>) => this.#inTurn(work) };
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
    this.#pulses.retry();
  }

  /** Looks whether groups have more than was heard of. Errors: StoreUnavailable. */
  probe(): Promise<void> {
    return this.#pulses.probe();
  }
}
