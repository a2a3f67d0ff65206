/** The empty set, for a cursor of few groups. */
const NO_SET = 'none';
/** An id with more groups than this makes a new set worth storing. */
const MAX_MOVES = 8;

const CURSOR = /^(none|[0-9a-z]{16})((?:\.\d{1,9}-\d{1,10})*)$/;

/** A cursor as a client sends it: a stored set, and the last seq of the groups that have moved since, by group number. */
type ParsedCursor = { readonly set: string | undefined; readonly moves: ReadonlyMap<number, number> };

/** Undefined for a text that is not a cursor. */
export function parseCursor(text: string): ParsedCursor | undefined {
  const [, set, rest = ''] = CURSOR.exec(text) ?? [];
  if (set === undefined) return undefined;
  const moves = rest
    .split('.')
    .slice(1)
    .map((move) => move.split('-').map(Number));
  return { set: set === NO_SET ? undefined : set, moves: new Map(moves.map(([number = 0, seq = 0]) => [number, seq])) };
}

/**
 * The position of a multi-group stream: the last seq of each group, by group number. Its text is the id of a stored set plus the groups that
 * have moved since, so that it stays short for any number of groups.
 */
export class Cursor {
  readonly #positions: Map<number, number>;
  #set: string | undefined;
  #moved: Map<number, number>;
  #text: string | undefined;

  /** `positions` of the stored set. */
  constructor(set?: string, positions: ReadonlyMap<number, number> = new Map(), moves: ReadonlyMap<number, number> = new Map()) {
    this.#set = set;
    this.#positions = new Map([...positions, ...moves]);
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

  /** The last seq of a group; undefined when it has none yet. */
  at(number: number): number | undefined {
    return this.#positions.get(number);
  }

  move(number: number, seq: number): void {
    if (this.#positions.get(number) === seq) return;
    this.#positions.set(number, seq);
    this.#moved.set(number, seq);
    this.#text = undefined;
  }

  /** A copy of all positions, to store as a set. */
  snapshot(): ReadonlyMap<number, number> {
    return new Map(this.#positions);
  }

  /** Bases the cursor on a new stored set, made from `snapshot`. */
  rebase(set: string, snapshot: ReadonlyMap<number, number>): void {
    this.#set = set;
    this.#moved = new Map([...this.#positions].filter(([number, seq]) => snapshot.get(number) !== seq));
    this.#text = undefined;
  }

  toString(): string {
    this.#text ??= `${this.#set ?? NO_SET}${[...this.#moved].map(([number, seq]) => `.${number}-${seq}`).join('')}`;
    return this.#text;
  }
}
