import type { Core } from '../../core.ts';
import { DRAFT_MS, type DraftName, type OpenDraft } from '../../drafts/draft.ts';
import { isPosted } from '../../drafts/operations.ts';
import { draftHtml } from '../../drafts/presenter.ts';
import { listPermitted, readDraft } from '../../drafts/register.ts';
import type { GroupId } from '../../ids.ts';
import type { Renderer } from '../batch.ts';
import type { Subscriber } from '../follower.ts';
import { isFrame, showsHtml } from '../formats.ts';
import type { PerFormat } from '../per-format.ts';
import { draftForms, endForms, hasDraft, mayHaveDrafts, type Shown } from './frames.ts';
import { DOCUMENT_UPDATE_MS, keyOf, Lane, NO_NEWS, UPDATE_MS } from './lane.ts';

/** Drafts that were posted, whose last updates may still be on their way. */
const MAX_ENDED = 1000;

type Parts = {
  readonly core: Core;
  readonly views: Renderer;
  readonly group: GroupId;
  readonly followers: () => Iterable<Subscriber>;
  readonly slug: () => string;
  readonly onError: (error: unknown) => void;
};

/**
 * The open drafts of a group that has streams here. An event says that one changed; what it says now is read from the bus, which has it for as long as it
 * is open, and written to all streams: at most so often as its lane allows, and then the newest state.
 */
export class GroupDrafts {
  readonly #parts: Parts;
  readonly #shown = new Map<string, Shown>();
  readonly #announced = new Map<string, DraftName>();
  readonly #newcomers = new Set<Subscriber>();
  readonly #ended = new Set<string>();
  readonly #fast = new Lane(UPDATE_MS, (listener) => mayHaveDrafts(listener) && !isFrame(listener.format));
  readonly #slow = new Lane(DOCUMENT_UPDATE_MS, (listener) => mayHaveDrafts(listener) && isFrame(listener.format));
  readonly #lanes = [this.#fast, this.#slow];
  #isListWanted = true;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A draft was begun, changed or ended. */
  announced(name: DraftName): void {
    const key = keyOf(name);
    if (this.#ended.has(key)) return;
    this.#announced.set(key, name);
    this.#wake(this.#fast.dueAt);
  }

  /** A stream has started: it is sent all that is open. Before the only one, this process may have heard nothing of the group. */
  opened(reader: Subscriber): void {
    const [, another] = this.#parts.followers();
    if (!another) this.#isListWanted = true;
    if (!this.#isListWanted && this.#shown.size === 0) return;
    this.#newcomers.add(reader);
    this.#wake(this.#fast.dueAt);
  }

  /** Compares with the bus: drafts whose author is gone end without an event. Those that are too old end even while it is down. */
  recheck(): void {
    if (this.#shown.size === 0) return;
    const now = this.#parts.core.now();
    for (const [key, { at }] of this.#shown) if (now - at >= DRAFT_MS) this.#shown.delete(key);
    this.#isListWanted = true;
    this.#wake(this.#fast.dueAt);
  }

  /** The draft is a message now: its row goes at once, and does not come back. */
  posted(name: DraftName, seq: number): void {
    this.#noteEnd(keyOf(name));
    this.end((one) => keyOf(one) === keyOf(name), seq);
  }

  /** Ends some drafts at once. Returns them. Unless they were posted, what is announced next is compared with who may still write. */
  end(isEnded: (draft: OpenDraft) => boolean, seq: number | null = null): OpenDraft[] {
    const ended = [...this.#shown.values()].filter(({ draft }) => isEnded(draft));
    if (seq === null) this.#isListWanted = true;
    for (const one of ended) {
      const key = keyOf(one.draft);
      this.#shown.delete(key);
      this.#noteEnd(key);
      for (const lane of this.#lanes) lane.forget(key);
      this.#writeEnd(one, seq, [...this.#parts.followers()]);
    }
    return ended.map(({ draft }) => draft);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #noteEnd(key: string): void {
    this.#announced.delete(key);
    const [oldest] = this.#ended;
    if (oldest !== undefined && this.#ended.size >= MAX_ENDED) this.#ended.delete(oldest);
    this.#ended.add(key);
  }

  #writeEnd(one: Shown, seq: number | null, readers: readonly Subscriber[]): void {
    const forms = endForms({ views: this.#parts.views, slug: this.#parts.slug() }, one, seq);
    for (const reader of readers)
      if (reader.isOpen && hasDraft(reader.listener, one.draft)) reader.write(forms.for(reader.listener.format));
  }

  /** Runs at this time of performance.now(), or before. */
  #wake(at: number): void {
    if (this.#isRunning || this.#wakesAt <= at) return;
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, at - performance.now())).unref();
  }

  async #run(): Promise<void> {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#isRunning = true;
    try {
      if ([...this.#parts.followers()].some(({ listener }) => mayHaveDrafts(listener))) await this.#update();
      else this.#reset();
    } catch (error) {
      for (const lane of this.#lanes) lane.pause(0, 0);
      this.#parts.onError(error);
    }
    this.#isRunning = false;
    const waits = this.#announced.size + this.#newcomers.size > 0;
    const due = waits ? [this.#fast.dueAt] : this.#lanes.flatMap((lane) => (lane.isBehind(this.#shown) ? [lane.dueAt] : []));
    if (due.length > 0) this.#wake(Math.min(...due));
  }

  async #update(): Promise<void> {
    await this.#read().catch((error) => {
      this.#isListWanted = true; // with the next event
      this.#parts.onError(error);
    });
    const newcomers = new Set(this.#newcomers);
    this.#newcomers.clear();
    for (const lane of this.#lanes) await this.#write(lane, newcomers);
  }

  /** Nobody sees drafts: they are read again when somebody does. */
  #reset(): void {
    for (const each of [this.#shown, this.#announced, this.#newcomers]) each.clear();
    for (const lane of this.#lanes) lane.reset();
    this.#isListWanted = true;
  }

  async #read(): Promise<void> {
    const { core, group } = this.#parts;
    const announced = [...this.#announced.values()];
    this.#announced.clear();
    if (!this.#isListWanted) {
      const found = await Promise.all(announced.map(async (name) => [name, await readDraft(core, name)] as const));
      for (const [name, draft] of found) await (draft ? this.#take(draft) : this.#dropUnlessPosted(name));
      return;
    }
    this.#isListWanted = false;
    const found = await listPermitted(core, group);
    const keys = new Set(found.map(keyOf));
    for (const [key, { draft }] of this.#shown) if (!keys.has(key)) await this.#dropUnlessPosted(draft);
    for (const draft of found) this.#take(draft);
  }

  /** A draft that was posted stays until its message is sent, which may be on its way: its row goes when that of the message comes. */
  async #dropUnlessPosted(name: DraftName): Promise<void> {
    const isShown = this.#shown.has(keyOf(name));
    if (isShown && !(await isPosted(this.#parts.core, name))) this.#shown.delete(keyOf(name));
  }

  #take(draft: OpenDraft): void {
    const key = keyOf(draft);
    const known = this.#shown.get(key);
    if (this.#ended.has(key) || (known && known.draft.rev >= draft.rev)) return;
    const taken = new Set([...this.#shown.values()].map(({ slot }) => slot));
    let slot = known?.slot ?? 0;
    while (!known && taken.has(slot)) slot += 1;
    this.#shown.set(key, { draft, slot, at: this.#parts.core.now() });
  }

  /** Writes to a lane what has changed, once it is due, and to its newcomers all that is open. */
  async #write(lane: Lane, newcomers: ReadonlySet<Subscriber>): Promise<void> {
    const { changed, gone } = lane.isDue ? lane.news(this.#shown) : NO_NEWS;
    const isJoined = lane.among(newcomers).length > 0;
    const forms = await this.#formsOf(isJoined ? [...this.#shown.values()] : changed, lane.among(this.#parts.followers()));
    const isCurrent = (one: Shown): boolean => this.#shown.get(keyOf(one.draft)) === one; // it may have ended meanwhile
    const readers = lane.among(this.#parts.followers());
    let bytes = 0;
    for (const [one, form] of [...forms].filter(([each]) => isCurrent(each)))
      for (const reader of readers) {
        if (!hasDraft(reader.listener, one.draft) || !(changed.includes(one) || newcomers.has(reader))) continue;
        const written = form.for(reader.listener.format);
        reader.write(written);
        bytes += written.length;
      }
    for (const one of changed) if (isCurrent(one)) lane.note(keyOf(one.draft), one);
    for (const one of gone) {
      lane.forget(keyOf(one.draft));
      this.#writeEnd(one, null, readers);
    }
    if (changed.length + gone.length > 0) lane.pause(readers.length, bytes);
  }

  /** What the readers are sent of these drafts, in their order. */
  async #formsOf(drafts: readonly Shown[], readers: readonly Subscriber[]): Promise<Map<Shown, PerFormat>> {
    const { core, views, slug } = this.#parts;
    const forms = new Map<Shown, PerFormat>();
    if (drafts.length === 0 || readers.length === 0) return forms;
    const profiles = await core.directory.profiles(new Set(drafts.map(({ draft }) => draft.author)));
    const isHtmlWanted = readers.some(({ listener }) => showsHtml(listener.format));
    for (const one of drafts) {
      const html = isHtmlWanted ? await draftHtml(core, one.draft) : '';
      forms.set(one, draftForms({ views, slug: slug() }, one, html, profiles));
    }
    return forms;
  }
}
