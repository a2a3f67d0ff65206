import type { GroupId } from '../../ids.ts';
import type { Subscriber } from '../follower.ts';
import { sseFrame } from '../frame.ts';

const GATHER_MS = 100;
const RETRY_MS = 1000;

type Dependencies = {
  /** The members list of a group as every page shows it. */
  readonly render: (group: GroupId) => Promise<string>;
  readonly onError: (error: unknown) => void;
};

/**
 * Sends pages the list of who is in their group and who is there. What comes together is gathered and rendered once; one list of a group
 * is under way at a time, so that an older one never arrives after a newer.
 */
export class MemberLists {
  readonly #parts: Dependencies;
  readonly #waiting = new Map<GroupId, Set<Subscriber>>();

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  /** Other readers than pages are passed over. A crowd waits longer: each change of one is told to all. */
  send(group: GroupId, connections: Iterable<Subscriber>): void {
    const pages = [...connections].filter(({ isOpen, listener }) => isOpen && listener.format === 'html');
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
    this.#waiting.set(group, new Set()); // who comes from now on is for the next list
    let missed: Subscriber[] = [];
    try {
      const frame = Buffer.from(sseFrame(await this.#parts.render(group)));
      for (const page of pages) page.write(frame);
    } catch (error) {
      missed = pages;
      this.#parts.onError(error);
    }
    const next = [...(this.#waiting.get(group) ?? []), ...missed].filter(({ isOpen }) => isOpen);
    this.#waiting.delete(group);
    this.#sendIn(group, next, missed.length > 0 ? RETRY_MS : GATHER_MS + next.length);
  }
}
