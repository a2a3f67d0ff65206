import type { Position } from '../position.ts';

/** The empty set, for a cursor of few groups. */
const NO_SET = 'none';
/** An id with more groups than this makes a new set worth storing. */
const MAX_MOVES = 8;

/** An id that names more groups than this has no tags: a header has 16 KiB at most. Until a set is stored, a restore is not noticed. */
const MAX_TAGGED = 64;

const CURSOR = /^(none|[0-9a-z]{16})((?:\.\d{1,9}-\d{1,10}(?:-\d{6})?)*)$/;

/** A cursor as a client sends it: a stored set, and the positions of the groups that have moved since, by group number. */
type ParsedCursor = { readonly set: string | undefined; readonly moves: ReadonlyMap<number, Position> };

/** Undefined for a text that is not a cursor. */
export function parseCursor(text: string): ParsedCursor | undefined {
  const [, set, rest = ''] = CURSOR.exec(text) ?? [];
  if (set === undefined) return undefined;
  const moves = rest
    .split('.')
    .slice(1)
    .map((move) => move.split('-'));
  const positions = moves.map(([number, seq, tag]): [number, Position] => [Number(number), { seq: Number(seq), tag }]);
  return { set: set === NO_SET ? undefined : set, moves: new Map(positions) };
}

/**
 * The position of a multi-group stream: the last seq of each group, by group number. Its text is the id of a stored set plus the groups that
 * have moved since, so that it stays short for any number of groups. Sets have no tags: a restore that loses entries loses the sets that name them.
 */
export class Cursor {
  readonly #positions: Map<number, Position>;
  #set: string | undefined;
  #moved: Map<number, Position>;
  #text: string | undefined;

  /** `positions` of the stored set. */
  constructor(set?: string, positions: ReadonlyMap<number, number> = new Map(), moves: ReadonlyMap<number, Position> = new Map()) {
    this.#set = set;
    this.#positions = new Map([...[...positions].map(([number, seq]): [number, Position] => [number, { seq }]), ...moves]);
    this.#moved = new Map(moves);
  }

  /** The id of the stored set that it is based on. */
  get set(): string | undefined {
    return this.#set;
  }

  /** Whether enough groups have moved to store a new set. */
  get isLong(): boolean {
    return this.#moved.size > MAX_MOVES;
  }

  /** Where a group stands; undefined when it has no position yet. */
  at(number: number): Position | undefined {
    return this.#positions.get(number);
  }

  move(number: number, to: Position): void {
    if (this.#positions.get(number)?.seq === to.seq) return;
    this.#positions.set(number, to);
    this.#moved.set(number, to);
    this.#text = undefined;
  }

  /** A copy of all positions, to store as a set. */
  snapshot(): ReadonlyMap<number, number> {
    return new Map([...this.#positions].map(([number, { seq }]) => [number, seq]));
  }

  /** Bases the cursor on a new stored set, made from `snapshot`. */
  rebase(set: string, snapshot: ReadonlyMap<number, number>): void {
    this.#set = set;
    this.#moved = new Map([...this.#positions].filter(([number, { seq }]) => snapshot.get(number) !== seq));
    this.#text = undefined;
  }

  toString(): string {
    this.#text ??= `${this.#set ?? NO_SET}${this.#movesText()}`;
    return this.#text;
  }

  #movesText(): string {
    const isTagged = this.#moved.size <= MAX_TAGGED;
    return [...this.#moved].map(([number, { seq, tag }]) => `.${number}-${seq}${isTagged && tag !== undefined ? `-${tag}` : ''}`).join('');
  }
}
