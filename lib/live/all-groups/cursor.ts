/** The set that holds nothing: a cursor that names few groups needs no other. */
const NO_SET = 'none';
/** Past this many groups in an id it is worth storing a set. */
const MAX_MOVES = 8;

const CURSOR = /^(none|[0-9a-z]{16})((?:\.\d{1,9}-\d{1,10})*)$/;

/** A cursor as a client gives it back: a stored set, and where the groups stand that have moved since, by their numbers. */
type ParsedCursor = { readonly set: string | undefined; readonly moves: ReadonlyMap<number, number> };

/** Undefined for anything that `Cursor` never wrote. */
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
 * Where a stream of many groups stands: the last seq of each, by the group's number. Said as the id of a stored set and the few groups that
 * have moved since, so that an id stays short however many groups there are.
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

  /** The stored set it is built on. */
  get set(): string | undefined {
    return this.#set;
  }

  /** Whether so many groups have moved since the set that another one is worth its write. */
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

  /** All positions as they are now: what to store as a set. */
  snapshot(): ReadonlyMap<number, number> {
    return new Map(this.#positions);
  }

  /** From now on it is said by a set that is stored, which `snapshot` gave. */
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
