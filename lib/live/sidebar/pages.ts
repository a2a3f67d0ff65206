import { hash } from 'node:crypto';
import { type Sidebar, type SidebarInput, sidebarsOf } from '../../groups/sidebar.ts';
import type { GroupId } from '../../ids.ts';
import { inLanguage, type Language } from '../../language/current.ts';
import type { Connection } from '../connection.ts';
import { languageOf } from '../formats.ts';
import { sseFrame } from '../frame.ts';

export type Render = (sidebar: Sidebar) => string;

/** The group that a page shows, and its language. */
const keyOf = (current: GroupId | undefined, language: Language): string => `${language} ${current ?? ''}`;

/** `sent`: the digest of the sidebar that the page shows. */
type Page = { readonly current: GroupId | undefined; sent: string | undefined };

/** The current sidebar for pages of one group. */
type State = { readonly digest: string; readonly frame: Buffer };

/** The pages that one user has open in this process. The sidebar is rendered once per group shown and language. */
export class SidebarPages {
  readonly #render: Render;
  readonly #pages = new Map<Connection, Page>();
  /** The number of pages of each group. */
  readonly #shown = new Map<GroupId | undefined, number>();

  constructor(render: Render) {
    this.#render = render;
  }

  get size(): number {
    return this.#pages.size;
  }

  /** `current`: the group that the page shows. */
  add(connection: Connection, current: GroupId | undefined): void {
    this.#pages.set(connection, { current, sent: undefined });
    this.#shown.set(current, (this.#shown.get(current) ?? 0) + 1);
  }

  remove(connection: Connection): void {
    const page = this.#pages.get(connection);
    if (!page) return;
    this.#pages.delete(connection);
    const left = (this.#shown.get(page.current) ?? 0) - 1;
    if (left > 0) this.#shown.set(page.current, left);
    else this.#shown.delete(page.current);
  }

  /** Whether all of them show this group, whose unread count a sidebar then omits. */
  areAllOf(group: GroupId): boolean {
    return this.#shown.has(group) && this.#shown.size === 1;
  }

  /** Sends the sidebar to pages that show another state; returns whether there was one. */
  send(mine: readonly SidebarInput[]): boolean {
    const ofLanguage = new Map<Language, ReturnType<typeof sidebarsOf>>();
    const sidebarFor = (language: Language, current: GroupId | undefined): Sidebar => {
      const ofPage = ofLanguage.get(language) ?? sidebarsOf(mine);
      ofLanguage.set(language, ofPage);
      return ofPage(current);
    };
    const states = new Map<string, State>();
    let isSent = false;
    for (const [connection, page] of this.#pages) {
      const language = languageOf(connection.listener.format);
      const key = keyOf(page.current, language);
      const state = states.get(key) ?? inLanguage(language, () => this.#stateOf(sidebarFor(language, page.current)));
      states.set(key, state);
      if (page.sent === state.digest) continue;
      page.sent = state.digest;
      isSent = true;
      connection.write(state.frame);
    }
    return isSent;
  }

  #stateOf(sidebar: Sidebar): State {
    const frame = Buffer.from(sseFrame(this.#render(sidebar).trim(), { event: 'sidebar' }));
    return { digest: hash('sha256', frame, 'base64'), frame };
  }
}
