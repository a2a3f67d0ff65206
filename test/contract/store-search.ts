import type { ExecutionContext, TestFn } from 'ava';
import fc from 'fast-check';
import { type GroupId, newGroupId, newUid, newUserId, systemRandom } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, entryAfter, type Head, headAfter } from '../../lib/log/entry.ts';
import { byNewest, type FindQuery, type Indexed, type MessagePosition, SLICE, sliceOf, type TermFilter } from '../../lib/search/port.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

/** `wholeWords`: of the beginning of a word, only the word itself is found, and nothing is left out: all that an index of HMACs can do. */
export type SearchOptions = { readonly wholeWords?: boolean };

/** Registers the tests that every adapter of the search port passes. Each has groups of its own. */
export function searchContract(test: TestFn, open: () => Promise<Opened>, name: string, { wholeWords = false }: SearchOptions = {}): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: open for searching`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: close after searching`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test(`${name}: search: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store, wholeWords);
    });
}

type Case = (t: ExecutionContext, store: Store, other: Store, wholeWords: boolean) => Promise<void>;

const NOW = 1_700_000_000_000;
const VERSION = 1;
const NOTHING: TermFilter = { all: [], prefixes: [], any: [], none: [], nonePrefixes: [] };

/** A group that exists, with `times.length` messages in its log. */
async function aGroup(store: Store, times: readonly number[] = []): Promise<GroupId> {
  const id = newGroupId(systemRandom);
  const code = { codeMac: `mac-${id}`, codeSealed: '', codeExpiresAt: null, codeUsesLeft: null };
  const plain = { kind: 'group', people: null, name: 'Kitchen', topic: '', open: true, archived: false, createdAt: NOW } as const;
  const made = await store.groups.insert({ id, slug: `kitchen-${id}`, ...code, ...plain });
  if (typeof made === 'string') throw new Error(`refused: ${made}`);
  const entries: Entry[] = [];
  let head: Head = EMPTY_HEAD;
  for (const at of times) {
    const draft = { kind: 'message', author: newUserId(systemRandom), uid: newUid(systemRandom), body: 'x', format: 'text' } as const;
    const entry = entryAfter(draft, id, head, at);
    entries.push(entry);
    head = headAfter(entry);
  }
  await store.log.append(id, entries);
  return id;
}

const message = (seq: number, terms: string, fields: Partial<Indexed> = {}): Indexed => ({
  ...{ seq, rev: seq, at: NOW + seq, terms: terms.split(' ') },
  ...fields,
});

const queryFor = (group: GroupId, wanted: Partial<FindQuery>): FindQuery => ({
  ...NOTHING,
  slices: [{ group, slice: 0 }],
  limit: 100,
  ...wanted,
});

/** The seqs found, in order. */
async function found(store: Store, group: GroupId, wanted: Partial<FindQuery>): Promise<number[]> {
  return (await store.search.find(queryFor(group, wanted))).map(({ seq }) => seq);
}

const cases: Readonly<Record<string, Case>> = {
  'nothing is indexed at first, and a position only moves forward, for each version by itself': async (t, store, other) => {
    const [group, untouched] = [await aGroup(store), await aGroup(store)];
    const positions = async (version: number) => [...(await other.search.positions([group, untouched], version))];
    t.deepEqual(await positions(VERSION), []);
    await store.search.put(group, [], { upto: 7, version: VERSION });
    await store.search.put(group, [], { upto: 3, version: VERSION });
    await store.search.put(group, [message(1, 'x')]);
    t.deepEqual(await positions(VERSION), [[group, 7]]);
    t.deepEqual(await positions(VERSION + 1), []);
    await store.search.put(group, [], { upto: 2, version: VERSION + 1 });
    t.deepEqual(await positions(VERSION + 1), [[group, 2]]);
    t.deepEqual(await positions(VERSION), [[group, 7]]);
    t.deepEqual([...(await store.search.positions([], VERSION))], []);
  },

  'messages are found by all words, beginnings, one of several, and without others, newest first': async (t, store, other, wholeWords) => {
    const group = await aGroup(store);
    const said = ['tea pot', 'tea cup @ann', 'coffee cup @bob', 'teapot 東 京 straße', 'тест हिन्दी 2024'];
    await store.search.put(
      group,
      said.map((terms, index) => message(index + 1, `${terms} *`)),
      { upto: 5, version: VERSION },
    );
    const table: [Partial<TermFilter>, number[]][] = [
      [{ all: ['tea'] }, [2, 1]],
      [{ all: ['tea', 'cup'] }, [2]],
      [{ all: ['tea', 'coffee'] }, []],
      [{ prefixes: ['tea'] }, [4, 2, 1]],
      [{ prefixes: ['te', 'po'] }, [1]],
      [{ prefixes: ['cu'], all: ['coffee'] }, [3]],
      [{ any: ['@ann', '@bob', '@eve'] }, [3, 2]],
      [{ all: ['cup'], any: ['@bob'] }, [3]],
      [{ all: ['*'], none: ['tea', 'coffee'] }, [5, 4]],
      [{ all: ['*'], nonePrefixes: ['tea'] }, [5, 3]],
      [{ all: ['*'], none: ['@ann'], nonePrefixes: ['coff', '20'] }, [4, 1]],
      [{ all: ['東'] }, [4]],
      [{ prefixes: ['stra'] }, [4]],
      [{ prefixes: ['те'] }, [5]],
      [{ all: ['हिन्दी', '2024'] }, [5]],
      [{ all: ['te'] }, []],
    ];
    const usesBeginnings = ({ prefixes = [], nonePrefixes = [] }: Partial<TermFilter>) => prefixes.length + nonePrefixes.length > 0;
    for (const [wanted, seqs] of table)
      if (!wholeWords || !usesBeginnings(wanted)) t.deepEqual(await found(other, group, wanted), seqs, JSON.stringify(wanted));
    if (wholeWords) t.deepEqual(await found(other, group, { prefixes: ['tea'], nonePrefixes: ['cu'] }), [2, 1]);
    t.deepEqual(await found(other, group, { all: ['*'], limit: 2 }), [5, 4]);
    t.deepEqual(await found(other, group, { all: ['*'], limit: 1 }), [5]);
  },

  'a message has the terms of its latest state, whoever stored it last': async (t, store, other) => {
    const group = await aGroup(store);
    await store.search.put(group, [message(1, 'first', { rev: 1 })]);
    await other.search.put(group, [message(1, 'third', { rev: 3 })]);
    await store.search.put(group, [message(1, 'second', { rev: 2 })]);
    t.deepEqual(await found(store, group, { all: ['third'] }), [1]);
    t.deepEqual(await found(store, group, { any: ['first', 'second'] }), []);
    await store.search.put(group, [message(1, 'again', { rev: 3 })]);
    t.deepEqual(await found(store, group, { all: ['again'] }), [1]);
    await store.search.put(group, [{ ...message(1, ''), rev: 4, terms: [] }]);
    t.deepEqual(await found(store, group, { any: ['again', 'third', '*'] }), []);
    await other.search.put(group, [message(1, 'again *', { rev: 3 })]);
    t.deepEqual(await found(store, group, { any: ['again', '*'] }), [], 'what is gone does not come back with an older state');
  },

  'of several that store a message at once the latest state stays': async (t, store, other) => {
    const group = await aGroup(store);
    const revs = Array.from({ length: 20 }, (_, rev) => rev + 1);
    await Promise.all(revs.map((rev) => (rev % 2 ? store : other).search.put(group, [message(1, `word${rev} all`, { rev })])));
    t.deepEqual(await found(store, group, { all: ['word20'] }), [1]);
    t.deepEqual(await found(store, group, { all: ['all'], none: ['word20'] }), []);
  },

  'a queryFor goes into its slices only': async (t, store) => {
    const [group, next] = [await aGroup(store), await aGroup(store)];
    const seqs = [1, SLICE - 1, SLICE, 2 * SLICE + 5];
    await store.search.put(
      group,
      seqs.map((seq) => message(seq, 'word')),
    );
    await store.search.put(next, [message(1, 'word', { at: NOW + SLICE })]);
    const inSlices = (...slices: [GroupId, number][]) => ({ slices: slices.map(([id, slice]) => ({ group: id, slice })) });
    t.deepEqual(await found(store, group, { all: ['word'], ...inSlices([group, 0]) }), [SLICE - 1, 1]);
    t.deepEqual(await found(store, group, { prefixes: ['word'], ...inSlices([group, 1]) }), [SLICE]);
    t.deepEqual(await found(store, group, { all: ['word'], ...inSlices([group, 0], [group, 2], [group, 3]) }), [seqs[3], SLICE - 1, 1]);
    t.is(sliceOf(SLICE - 1), 0);
    const both = await store.search.find(queryFor(group, { all: ['word'], ...inSlices([group, 1], [next, 0]) }));
    const inOrder: MessagePosition[] = [
      { at: NOW + SLICE, group, seq: SLICE },
      { at: NOW + SLICE, group: next, seq: 1 },
    ];
    t.deepEqual(both, inOrder.sort(byNewest));
  },

  'a group that does not exist, or of which nothing is indexed, has nothing': async (t, store) => {
    t.deepEqual(await found(store, newGroupId(systemRandom), { all: ['word'] }), []);
    t.deepEqual(await found(store, await aGroup(store), { prefixes: ['word'] }), []);
  },

  'whatever a term is, it is no syntax': async (t, store) => {
    const group = await aGroup(store);
    await store.search.put(group, [message(1, 'near and or not word')]);
    const odd = ['"', 'word" OR "near', '$ne', '.*', '^w', 'near(', 'wor d', '', 'a\0b', '{', '\\', "'", '-', 'wor*d', '(word'];
    for (const term of odd)
      for (const wanted of [{ all: [term] }, { prefixes: [term] }, { any: [term] }] as const)
        if (term !== '') t.deepEqual(await found(store, group, wanted), [], JSON.stringify(wanted));
    for (const term of odd.filter((one) => one !== ''))
      t.deepEqual(await found(store, group, { all: ['word'], none: [term], nonePrefixes: [term] }), [1], term);
    for (const word of ['near', 'and', 'or', 'not']) t.deepEqual(await found(store, group, { all: [word, 'word'] }), [1]);
    const hostile = { all: [{ $ne: null } as unknown as string] };
    const refused = await found(store, group, hostile).catch(() => []);
    t.deepEqual(refused, []);
  },

  'what is found is what a reader of all terms finds, in the same order': async (t, store, other, wholeWords) => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ groups, looks }) => {
        const ids = await Promise.all(groups.map((times) => aGroup(store, timesOf(times))));
        const all = await Promise.all(groups.map((each, index) => putAll(index % 2 ? store : other, ids[index] as GroupId, each)));
        for (const one of looks) {
          const asked = askedOf(one, ids, all.flat());
          t.deepEqual(await store.search.find(asked), expected(asked, all.flat(), wholeWords), JSON.stringify(asked));
        }
      }),
      { numRuns: 25 },
    );
  },
};

// Small vocabularies, so that things are found

const word = fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'bab', '東', 'é');
const words = (most: number) => fc.uniqueArray(word, { maxLength: most });
const said = fc.record({ words: words(4), by: fc.constantFrom('@ann', '@bob'), pause: fc.nat(2) });
const asked = fc.record({
  all: words(2),
  prefixes: words(1),
  any: fc.constantFrom<string[]>([], ['@ann'], ['@ann', '@bob'], ['@eve']),
  none: words(1),
  nonePrefixes: words(1),
  from: fc.option(fc.nat(12), { nil: undefined }),
  to: fc.option(fc.nat(12), { nil: undefined }),
  behind: fc.option(fc.nat(30), { nil: undefined }),
  limit: fc.integer({ min: 1, max: 12 }),
});
const worlds = fc.record({
  groups: fc.array(fc.array(said, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
  looks: fc.array(asked, { minLength: 8, maxLength: 8 }),
});

type Said = { readonly words: readonly string[]; readonly by: string; readonly pause: number };
type Known = MessagePosition & { readonly terms: readonly string[] };

function timesOf(messages: readonly Said[]): number[] {
  let at = NOW;
  return messages.map(({ pause }) => {
    at += pause;
    return at;
  });
}

async function putAll(store: Store, group: GroupId, messages: readonly Said[]): Promise<Known[]> {
  const times = timesOf(messages);
  const known = messages.map((one, index) => ({
    ...{ at: times[index] ?? 0, group, seq: index + 1 },
    terms: [...one.words, one.by, '*'],
  }));
  await store.search.put(
    group,
    known.map(({ seq, at, terms }) => ({ seq, rev: seq, at, terms })),
  );
  return known;
}

type Asked = typeof asked extends fc.Arbitrary<infer A> ? A : never;

/** Times are relative to the first message; `behind` is the index of a position. */
function askedOf({ from, to, behind, ...rest }: Asked, ids: readonly GroupId[], all: readonly Known[]): FindQuery {
  const isVague = rest.all.length + rest.prefixes.length + rest.any.length === 0;
  const place = behind === undefined ? undefined : all[behind % Math.max(1, all.length)];
  return {
    ...rest,
    all: isVague ? ['*'] : rest.all,
    slices: ids.map((group) => ({ group, slice: 0 })),
    from: from === undefined ? undefined : NOW + from,
    to: to === undefined ? undefined : NOW + to,
    behind: place && { at: place.at, group: place.group, seq: place.seq },
  };
}

function expected(wanted: FindQuery, all: readonly Known[], wholeWords: boolean): MessagePosition[] {
  const { from = 0, to = Number.POSITIVE_INFINITY, behind } = wanted;
  return all
    .filter(({ terms }) => hasWanted(wanted, terms, wholeWords))
    .filter((place) => place.at >= from && place.at < to && (behind === undefined || byNewest(behind, place) < 0))
    .map(({ at, group, seq }) => ({ at, group, seq }))
    .sort(byNewest)
    .slice(0, wanted.limit);
}

function hasWanted({ all, prefixes, any, none, nonePrefixes }: TermFilter, terms: readonly string[], wholeWords: boolean): boolean {
  const begins = (prefix: string): boolean => terms.some((term) => (wholeWords ? term === prefix : term.startsWith(prefix)));
  return (
    all.every((term) => terms.includes(term)) &&
    prefixes.every(begins) &&
    (any.length === 0 || any.some((term) => terms.includes(term))) &&
    !none.some((term) => terms.includes(term)) &&
    (wholeWords || !nonePrefixes.some(begins))
  );
}
