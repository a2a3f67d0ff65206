import type { DraftName } from '../../drafts/draft.ts';
import type { Listener, Subscriber } from '../follower.ts';
import type { Shown } from './frames.ts';

/** Between two updates of pages and programs, ms, and of live documents, which keep every state that they are sent. */
export const [UPDATE_MS, DOCUMENT_UPDATE_MS] = [100, 1000];
/** What the updates of one group may write at most, bytes per ms: with many readers, or long texts, they come less often. */
const BYTES_PER_MS = 5000;
/** Timers may fire this much too early. */
const EARLY_MS = 2;

/** By which the draft is known among those of its group. */
export const keyOf = ({ author, id }: Pick<DraftName, 'author' | 'id'>): string => `${author}/${id}`;

/** `changed`: what is to be sent; `gone`: what has ended since it was. */
type News = { readonly changed: readonly Shown[]; readonly gone: readonly Shown[] };

export const NO_NEWS: News = { changed: [], gone: [] };

/** The readers of a group who are updated at the same pace, `ms` between two updates at least. */
export class Lane {
  readonly isFor: (listener: Listener) => boolean;
  readonly #ms: number;
  /** What they were sent last of each draft, by its key. */
  readonly #sent = new Map<string, Shown>();
  /** When the next update may be sent, by performance.now(). */
  dueAt = 0;

  constructor(ms: number, isFor: (listener: Listener) => boolean) {
    this.#ms = ms;
    this.isFor = isFor;
  }

  get isDue(): boolean {
    return this.dueAt - performance.now() < EARLY_MS;
  }

  news(shown: ReadonlyMap<string, Shown>): News {
    return {
      changed: [...shown].flatMap(([key, one]) => (this.#sent.get(key) === one ? [] : [one])),
      gone: [...this.#sent].flatMap(([key, one]) => (shown.has(key) ? [] : [one])),
    };
  }

  isBehind(shown: ReadonlyMap<string, Shown>): boolean {
    const { changed, gone } = this.news(shown);
    return changed.length + gone.length > 0;
  }

  note(key: string, sent: Shown): void {
    this.#sent.set(key, sent);
  }

  forget(key: string): void {
    this.#sent.delete(key);
  }

  reset(): void {
    this.#sent.clear();
  }

  /** The open streams of this lane. */
  among(followers: Iterable<Subscriber>): Subscriber[] {
    return [...followers].filter((one) => one.isOpen && this.isFor(one.listener));
  }

  /** An update of so many bytes was sent to so many readers. */
  pause(readers: number, bytes: number): void {
    this.dueAt = performance.now() + this.#ms + readers + bytes / BYTES_PER_MS;
  }
}
