import type { GroupId } from '../../ids.ts';
import { inLanguage } from '../../language/current.ts';
import { isPage, type Subscriber } from '../follower.ts';
import { languageOf } from '../formats.ts';
import { sseFrame } from '../frame.ts';

const GATHER_MS = 100;
const RETRY_MS = 1000;

type Dependencies = {
  /** The members list of a group as every page shows it. */
  readonly render: (group: GroupId) => Promise<string>;
  readonly onError: (error: unknown) => void;
};

/**
 * Sends pages the members list of their group with presence. Changes within GATHER_MS are rendered once; one list per group is in flight
 * at a time, so that an older one never arrives after a newer one.
 */
export class MemberLists {
  readonly #parts: Dependencies;
  readonly #waiting = new Map<GroupId, Set<Subscriber>>();

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  /** Sends the list to pages only. The delay grows by 1 ms per page, since each change is sent to all of them. */
  send(group: GroupId, connections: Iterable<Subscriber>): void {
    const pages = [...connections].filter((one) => one.isOpen && isPage(one));
    this.#sendIn(group, pages, GATHER_MS + pages.length);
  }

  #sendIn(group: GroupId, pages: readonly Subscriber[], ms: number): void {
    const waiting = this.#waiting.get(group);
    if (waiting) for (const page of pages) waiting.add(page);
    if (waiting || pages.length === 0) return;
    this.#waiting.set(group, new Set(pages));
    setTimeout(() => void this.#sendNow(group), ms).unref();
  }

  async #sendNow(group: GroupId): Promise<void> {
    const pages = [...(this.#waiting.get(group) ?? [])];
    this.#waiting.set(group, new Set()); // pages added from here on get the next list
    let failed: Subscriber[] = [];
    try {
      const render = async () => Buffer.from(sseFrame(await this.#parts.render(group)));
      for (const [language, readers] of Map.groupBy(pages, ({ listener }) => languageOf(listener.format))) {
        const frame = await inLanguage(language, render);
        for (const page of readers) page.write(frame);
      }
    } catch (error) {
      failed = pages;
      this.#parts.onError(error);
    }
    const next = [...(this.#waiting.get(group) ?? []), ...failed].filter(({ isOpen }) => isOpen);
    this.#waiting.delete(group);
    this.#sendIn(group, next, failed.length > 0 ? RETRY_MS : GATHER_MS + next.length);
  }
}
