import { hash } from 'node:crypto';
import { type Sidebar, type SidebarInput, sidebarOf } from '../../groups/sidebar.ts';
import type { GroupId } from '../../ids.ts';
import type { Connection } from '../connection.ts';
import { sseFrame } from '../frame.ts';

export type Render = (sidebar: Sidebar) => string;

/** `sent`: the digest of the sidebar that the page shows. */
type Page = { readonly current: GroupId | undefined; sent: string | undefined };

/** The current sidebar for pages of one group. */
type State = { readonly digest: string; readonly frame: () => Buffer };

/** The pages that one user has open in this process. The sidebar is rendered once per group shown. */
export class SidebarPages {
  readonly #render: Render;
  readonly #pages = new Map<Connection, Page>();

  constructor(render: Render) {
    this.#render = render;
  }

  get size(): number {
    return this.#pages.size;
  }

  /** `current`: the group that the page shows. */
  add(connection: Connection, current: GroupId | undefined): void {
    this.#pages.set(connection, { current, sent: undefined });
  }

  remove(connection: Connection): void {
    this.#pages.delete(connection);
  }

  /** Whether all of them show this group, whose unread count a sidebar then omits. */
  areAllOf(group: GroupId): boolean {
    return [...this.#pages.values()].every(({ current }) => current === group);
  }

  /** Sends the sidebar to pages that show another state; returns whether there was one. */
  send(mine: readonly SidebarInput[]): boolean {
    const states = new Map<GroupId | undefined, State>();
    let isSent = false;
    for (const [connection, page] of this.#pages) {
      const state = states.get(page.current) ?? this.#stateFor(mine, page.current);
      states.set(page.current, state);
      if (page.sent === state.digest) continue;
      page.sent = state.digest;
      isSent = true;
      connection.write(state.frame());
    }
    return isSent;
  }

  #stateFor(mine: readonly SidebarInput[], current: GroupId | undefined): State {
    const sidebar = sidebarOf(mine, current);
    let made: Buffer | undefined;
    const frame = (): Buffer => {
      made ??= Buffer.from(sseFrame(this.#render(sidebar).trim(), { event: 'sidebar' }));
      return made;
    };
    return { digest: hash('sha256', JSON.stringify(sidebar), 'base64'), frame };
  }
}
