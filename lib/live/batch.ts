import type { Core } from '../core.ts';
import type { UserId } from '../ids.ts';
import { inLanguage } from '../language/current.ts';
import { type Entry, isFollowUp, type Message } from '../log/entry.ts';
import { type FoldedMessage, fold } from '../log/fold.ts';
import type { Readable } from '../log/withhold.ts';
import { entryJson, entryText, presentLine, presentRow } from '../messages/presenter.ts';
import type { RowContext } from '../messages/threads/context.ts';
import type { Views } from '../views/render.ts';
import { afterRow } from './after-row.ts';
import { chunkOf } from './chunk.ts';
import { EntryFilter, isInvolvedIn, isPrivate, isWithin } from './entry-filter.ts';
import type { Filter } from './filter.ts';
import { type Form, isFrame, isHtml, languageOf, lookIn, type RowLook } from './formats.ts';
import { sseFrame } from './frame.ts';
import { findMessageBefore } from './message-before.ts';
import { type Position, positionId, positionOf } from './position.ts';

/** The group that the entries belong to, as far as rendering needs it. */
export type Place = { readonly slug: string; readonly kind?: 'group' | 'direct' };

export type Renderer = Pick<Views, 'render'>;

/** One rendered entry. Its bytes are shared by all streams. */
export type SelectedFrames = { readonly at: Position; readonly bytes: Buffer };

type Move = { readonly kind: 'join' | 'leave'; readonly member: UserId; readonly seq: number };

/** Consecutive entries of one group with the data needed to render them. Each format is rendered at most once, before its bytes are read. */
export class Batch {
  readonly entries: readonly Entry[];
  /** The messages that were erased when it was prepared. */
  readonly erased: ReadonlySet<number>;
  readonly #positions: readonly Position[];
  readonly #moves: readonly Move[];
  readonly #folded: ReadonlyMap<number, FoldedMessage>;
  readonly #context: RowContext;
  readonly #place: Place;
  readonly #core: Core;
  readonly #views: Renderer;
  readonly #rendering = new Map<Form, Promise<void>>();
  readonly #rendered = new Map<Form, readonly Buffer[]>();
  readonly #joined = new Map<Form, Buffer>();
  readonly #chunks = new Map<Form, Buffer>();
  /** Private entries by their seq, as the bot and the author alone read them. */
  readonly #forInvolved = new Map<Form, ReadonlyMap<number, Buffer>>();
  readonly #filter: EntryFilter;
  /** The message before the first entry, where it is known. */
  readonly #before: Message | undefined;

  constructor(
    core: Core,
    { entries, erased }: Readable,
    folded: ReadonlyMap<number, FoldedMessage>,
    context: RowContext,
    place: Place,
    views: Renderer,
    before?: Message,
  ) {
    this.#core = core;
    this.entries = entries;
    this.erased = erased;
    this.#positions = entries.map(positionOf);
    this.#moves = entries.flatMap((entry) => (entry.kind === 'join' || entry.kind === 'leave' ? [entry] : []));
    this.#filter = new EntryFilter(place.kind === 'direct', folded);
    this.#folded = folded;
    this.#context = context;
    this.#place = place;
    this.#views = views;
    this.#before = before;
  }

  /** The last message up to the end, where it is known. */
  get lastMessage(): Message | undefined {
    return this.entries.findLast((entry) => entry.kind === 'message') ?? this.#before;
  }

  get last(): number {
    return this.entries.at(-1)?.seq ?? 0;
  }

  /** The position after the last entry. */
  get end(): Position {
    return this.positionAt(this.last);
  }

  /** The position after the entry with this seq. */
  positionAt(seq: number): Position {
    return this.#positions[seq - (this.entries[0]?.seq ?? 0)] ?? { seq };
  }

  /** Whether a follow-up that passes the filter changes an earlier message. A live page without JavaScript must then reload. */
  changesThePast(user: UserId, filter: Filter | undefined): boolean {
    return this.entries.some((entry) => isFollowUp(entry) && this.#filter.passes(entry, user, filter));
  }

  get hasLeaves(): boolean {
    return this.#moves.some(({ kind }) => kind === 'leave');
  }

  /** The seq of the first `leave` of this member after seq `after`. A member may rejoin and leave again in the same batch. */
  leaveOf(member: UserId, after: number): number | undefined {
    return this.#moves.find((move) => move.kind === 'leave' && move.member === member && move.seq > after)?.seq;
  }

  /** Whether this member's last `join` or `leave` in (`after`, `upTo`] is a `leave`. */
  isOutBetween(member: UserId, after: number, upTo: number): boolean {
    return this.#moves.findLast((move) => move.member === member && move.seq > after && move.seq <= upTo)?.kind === 'leave';
  }

  /** The bytes of the entries with a seq in (`after`, `upTo`]; `isChunked`: as one HTTP chunk. The whole batch is one shared Buffer. */
  bytes(form: Form, after: number, upTo: number, isChunked = false): Buffer {
    const isWhole = after < (this.entries[0]?.seq ?? 0) && upTo >= this.last;
    if (isWhole) return isChunked ? this.#wholeChunk(form) : this.#whole(form);
    const bytes = Buffer.concat(this.#frames(form).filter((_, index) => isWithin(this.entries[index], after, upTo)));
    return isChunked && bytes.length > 0 ? chunkOf(bytes) : bytes;
  }

  /** Whether this user reads more of an entry than others, so that the entries must be picked. */
  involves(user: UserId): boolean {
    return this.entries.some((entry) => isInvolvedIn(entry, user));
  }

  /** The entries with a seq in (`after`, `upTo`] that pass this user's filter, one by one. */
  pick(form: Form, after: number, upTo: number, user: UserId, filter: Filter | undefined): readonly SelectedFrames[] {
    const [frames, forInvolved] = [this.#frames(form), this.#forInvolved.get(form)];
    return this.entries.flatMap((entry, index) => {
      const bytes = (isInvolvedIn(entry, user) ? forInvolved?.get(entry.seq) : undefined) ?? frames[index];
      const isWanted = bytes !== undefined && isWithin(entry, after, upTo) && this.#filter.passes(entry, user, filter);
      return isWanted ? [{ at: this.positionAt(entry.seq), bytes }] : [];
    });
  }

  #whole(form: Form): Buffer {
    const known = this.#joined.get(form);
    if (known) return known;
    const joined = Buffer.concat(this.#frames(form));
    this.#joined.set(form, joined);
    return joined;
  }

  #wholeChunk(form: Form): Buffer {
    const known = this.#chunks.get(form);
    if (known) return known;
    const whole = this.#whole(form);
    const chunk = whole.length > 0 ? chunkOf(whole) : whole;
    this.#chunks.set(form, chunk);
    return chunk;
  }

  isRendered(form: Form): boolean {
    return this.#rendered.has(form);
  }

  /** Renders the entries in this format, in turns with other work. Rejects when an entry cannot be rendered. */
  render(form: Form): Promise<void> {
    const known = this.#rendering.get(form);
    if (known) return known;
    const rendering = this.#renderAll(form);
    this.#rendering.set(form, rendering);
    return rendering;
  }

  async #renderAll(form: Form): Promise<void> {
    const ofTwo = form === 'json' || form === 'event' ? this.entries.filter(isPrivate) : [];
    const bytes = async (entry: Entry, isInvolved: boolean) => Buffer.from(await this.#render(entry, form, isInvolved), 'utf8');
    await inLanguage(languageOf(form), async () => {
      const whole = await Array.fromAsync(ofTwo, async (entry) => [entry.seq, await bytes(entry, true)] as const);
      this.#forInvolved.set(form, new Map(whole));
      this.#rendered.set(form, await Array.fromAsync(this.entries, (entry) => bytes(entry, false)));
    });
  }

  #frames(form: Form): readonly Buffer[] {
    const frames = this.#rendered.get(form);
    if (!frames) throw new Error(`The entries are not rendered as ${form}`);
    return frames;
  }

  async #render(entry: Entry, form: Form, isInvolved: boolean): Promise<string> {
    if (isFrame(form)) return isFollowUp(entry) ? '' : `${await this.#html(entry, lookIn(form))}\n`;
    if (isHtml(form)) return sseFrame(await this.#html(entry), { id: positionId(this.positionAt(entry.seq)) });
    switch (form) {
      case 'json':
      case 'event': {
        const json = JSON.stringify(await entryJson(this.#core, entry, this.#place, this.#context, isInvolved));
        return sseFrame(json, form === 'json' ? { id: positionId(this.positionAt(entry.seq)) } : {});
      }
      case 'text':
      case 'line': {
        const text = await entryText(this.#core, entry, this.#context.profiles);
        return text === undefined ? '' : `${form === 'line' ? `${this.#place.slug} ` : ''}${text}\n`;
      }
      default:
        throw form satisfies never;
    }
  }

  /** The entry's row. A follow-up renders the row that it changes, with `data-follow`: a page that does not show that row ignores it. */
  async #html(entry: Entry, look?: RowLook): Promise<string> {
    if (entry.kind === 'message') {
      const previous = await findMessageBefore(this.#core, entry, this.entries, this.#before);
      const row = await this.#row(fold(entry, []), { look, previous });
      return look ? row : row + afterRow(this.#views, this.#place, entry, this.#context);
    }
    if (entry.kind === 'command') return '';
    if (!isFollowUp(entry)) return this.#views.render('messages/_line.njk', { line: presentLine(entry, this.#context.profiles), look });
    const folded = this.#folded.get(entry.target);
    return folded ? (await this.#row(folded)).replace('<article ', `<article data-follow="${entry.kind}" `) : '';
  }

  async #row(
    folded: FoldedMessage,
    { previous, look }: { readonly previous?: Message | undefined; readonly look?: RowLook | undefined } = {},
  ): Promise<string> {
    const row = await presentRow(this.#core, folded, this.#place, this.#context, previous);
    return this.#views.render('messages/_row.njk', { row, look }).trim();
  }
}
