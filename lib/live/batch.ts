import type { Core } from '../core.ts';
import type { UserId } from '../ids.ts';
import { type Entry, isFollowUp } from '../log/entry.ts';
import { type FoldedMessage, fold } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import { entryJson, entryText, type Profiles, peopleIn, presentLine, presentRow } from '../messages/presenter.ts';
import { normalizeForMatch } from '../text/keywords.ts';
import type { Views } from '../views/render.ts';
import { chunkOf } from './chunk.ts';
import { type Filter, passes } from './filter.ts';
import { sseFrame } from './frame.ts';
import { type Position, positionId, positionOf } from './position.ts';

/** The format of a stream: `html` rows for pages, `json` for programs, `text` for shells, `frame` rows for the page without JavaScript. */
export type StreamFormat = 'html' | 'json' | 'text' | 'frame';
/** The format that an entry is rendered in. Multi-group streams use `event` (JSON without an id) and `line` (text prefixed with the group's slug). */
export type Form = StreamFormat | 'event' | 'line';

/** The group that the entries belong to, as far as rendering needs it. */
export type Place = { readonly slug: string; readonly kind?: 'group' | 'direct' };

export type Renderer = Pick<Views, 'render'>;

/** One rendered entry. Its bytes are shared by all streams. */
export type SelectedFrames = { readonly at: Position; readonly bytes: Buffer };

type Move = { readonly kind: 'join' | 'leave'; readonly member: UserId; readonly seq: number };

/** Consecutive entries of one group with the data needed to render them. Each format is rendered at most once. */
export class Batch {
  readonly entries: readonly Entry[];
  readonly #positions: readonly Position[];
  /** Whether a follow-up changes an earlier message. A live page without JavaScript must then reload. */
  readonly changesThePast: boolean;
  /** The `join` and `leave` entries, in order. */
  readonly #moves: readonly Move[];
  readonly #folded: ReadonlyMap<number, FoldedMessage>;
  readonly #profiles: Profiles;
  readonly #place: Place;
  readonly #views: Renderer;
  readonly #now: number;
  readonly #rendered = new Map<Form, readonly Buffer[]>();
  readonly #joined = new Map<Form, Buffer>();
  readonly #chunks = new Map<Form, Buffer>();
  readonly #texts = new Map<Entry, string>();

  constructor(
    entries: readonly Entry[],
    folded: ReadonlyMap<number, FoldedMessage>,
    profiles: Profiles,
    place: Place,
    views: Renderer,
    now: number,
  ) {
    this.entries = entries;
    this.#positions = entries.map(positionOf);
    this.#moves = entries.flatMap((entry) => (entry.kind === 'join' || entry.kind === 'leave' ? [entry] : []));
    this.changesThePast = entries.some(isFollowUp);
    this.#folded = folded;
    this.#profiles = profiles;
    this.#place = place;
    this.#views = views;
    this.#now = now;
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

  /** The entries with a seq in (`after`, `upTo`] that pass this user's filter, one by one. */
  pick(form: Form, after: number, upTo: number, user: UserId, filter: Filter | undefined): readonly SelectedFrames[] {
    const frames = this.#frames(form);
    return this.entries.flatMap((entry, index) => {
      const bytes = frames[index];
      const isWanted = bytes !== undefined && isWithin(entry, after, upTo) && (!filter || this.#passes(entry, user, filter));
      return isWanted ? [{ at: this.positionAt(entry.seq), bytes }] : [];
    });
  }

  #passes(entry: Entry, user: UserId, filter: Filter): boolean {
    return passes(filter, user, { entry, isDirect: this.#place.kind === 'direct', text: () => this.#text(entry) });
  }

  /** The body, normalized once for all streams that filter by keyword. */
  #text(entry: Entry): string {
    const known = this.#texts.get(entry);
    if (known !== undefined) return known;
    const text = 'body' in entry ? normalizeForMatch(bodyAsText(entry.body, entry.format)) : '';
    this.#texts.set(entry, text);
    return text;
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

  #frames(form: Form): readonly Buffer[] {
    const known = this.#rendered.get(form);
    if (known) return known;
    const frames = this.entries.map((entry) => Buffer.from(this.#render(entry, form), 'utf8'));
    this.#rendered.set(form, frames);
    return frames;
  }

  #render(entry: Entry, form: Form): string {
    switch (form) {
      case 'html':
        return sseFrame(this.#html(entry), { id: positionId(this.positionAt(entry.seq)) });
      case 'frame':
        return isFollowUp(entry) ? '' : `${this.#html(entry)}\n`;
      case 'json':
        return sseFrame(this.#json(entry), { id: positionId(this.positionAt(entry.seq)) });
      case 'event':
        return sseFrame(this.#json(entry));
      case 'text':
      case 'line': {
        const text = entryText(entry, this.#profiles);
        return text === undefined ? '' : `${form === 'line' ? `${this.#place.slug} ` : ''}${text}\n`;
      }
      default:
        throw form satisfies never;
    }
  }

  #json(entry: Entry): string {
    return JSON.stringify(entryJson(entry, this.#place, this.#profiles));
  }

  /** The entry's row. A follow-up renders the row that it changes, with `data-follow`: a page that does not show that row ignores it. */
  #html(entry: Entry): string {
    if (entry.kind === 'message') return this.#row(fold(entry, []));
    if (!isFollowUp(entry)) return this.#views.render('messages/_line.njk', { line: presentLine(entry, this.#profiles) });
    const folded = this.#folded.get(entry.target);
    return folded ? this.#row(folded).replace('<article ', `<article data-follow="${entry.kind}" `) : '';
  }

  #row(folded: FoldedMessage): string {
    return this.#views.render('messages/_row.njk', { row: presentRow(folded, this.#place, this.#profiles, this.#now) }).trim();
  }
}

const isWithin = (entry: Entry | undefined, after: number, upTo: number): boolean =>
  entry !== undefined && entry.seq > after && entry.seq <= upTo;

/** Reads what rendering these entries needs: the messages that follow-ups change, and the profiles of all people named. Errors: StoreUnavailable. */
export async function prepareBatch(core: Core, views: Renderer, place: Place, entries: readonly Entry[]): Promise<Batch> {
  const folded = await changedMessages(core, entries);
  const people = peopleIn([
    ...entries.map((entry) =>
      entry.kind === 'message' ? { type: 'message' as const, folded: fold(entry, []) } : { type: 'line' as const, entry },
    ),
    ...[...folded.values()].map((one) => ({ type: 'message' as const, folded: one })),
  ]);
  return new Batch(entries, folded, await core.directory.profiles(people), place, views, core.now());
}

async function changedMessages(core: Core, entries: readonly Entry[]): Promise<Map<number, FoldedMessage>> {
  const changed = new Map(entries.filter(isFollowUp).map((entry) => [entry.target, entry.group]));
  const folded = await Promise.all([...changed].map(([target, group]) => readMessage(core, group, target)));
  return new Map(folded.map((one) => [one.message.seq, one]));
}
