import test from 'ava';
import fc from 'fast-check';
import { HOSTILE_TEXTS } from '../../fixtures/hostile.ts';
import { isEmptyQuery, MAX_QUERY_LENGTH, MAX_WORDS, type Phrase, parseSearch, type SearchQuery } from '../../lib/search/query.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

/** `word`, `word word`, `word*`: phrases as one line each. */
const lines = (phrases: readonly Phrase[]): string[] => phrases.map(({ terms, isOpen }) => terms.join(' ') + (isOpen ? '*' : ''));

type Read = { [K in keyof SearchQuery]?: K extends 'wanted' | 'unwanted' ? string[] : SearchQuery[K] };

/** The parsed query without empty fields. */
function read(typed: string): Read {
  const { wanted, unwanted, ...rest } = parseSearch(typed);
  const said = Object.entries({ wanted: lines(wanted), unwanted: lines(unwanted), ...rest });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)));
}

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);

const cases: [string, Read][] = [
  ['', {}],
  ['   ', {}],
  ['hello', { wanted: ['hello*'] }],
  ['hello ', { wanted: ['hello'] }],
  ['Hello World', { wanted: ['hello', 'world*'] }],
  ['x', { wanted: ['x'] }],
  ['deploy* done ', { wanted: ['deploy*', 'done'] }],
  ['a* b', { wanted: ['a', 'b'] }],
  ['"big red" car', { wanted: ['big red', 'car*'] }],
  ['"big red"', { wanted: ['big red'] }],
  ['"big re"*', { wanted: ['big re*'] }],
  ['"never closed', { wanted: ['never closed'] }],
  ['“curly” «low» „one”', { wanted: ['curly', 'low', 'one'] }],
  ['foo"bar baz" x ', { wanted: ['foo', 'bar baz', 'x'] }],
  ['-draft plan ', { unwanted: ['draft'], wanted: ['plan'] }],
  ['-draft', { unwanted: ['draft'] }],
  ['-dra* -"not this"', { unwanted: ['dra*', 'not this'] }],
  ['e-mail https://example.org/a_b ', { wanted: ['e mail', 'https example org a b'] }],
  ['from:ann', { from: ['ann'] }],
  ['from:@Ann From:"Ann Lee" FROM:“Bob M”', { from: ['Ann', 'Ann Lee', 'Bob M'] }],
  ['-from:bob in:#lobby -in:noise', { notFrom: ['bob'], in: ['lobby'], notIn: ['noise'] }],
  ['in:lobby in:lobby word ', { in: ['lobby'], wanted: ['word'] }],
  ['before:2026-11-01', { before: day('2026-11-01') }],
  ['after:2026 before:2026-3', { after: day('2026-01-01'), before: day('2026-03-01') }],
  ['after:2025-01-01 after:2026-01-01 before:2027 before:2026-06-01', { after: day('2026-01-01'), before: day('2026-06-01') }],
  ['after:"2026-02-28"', { after: day('2026-02-28') }],
  ['after:0000', { after: day('0000-01-01') }],
  // Invalid operators are search words.
  ['before:soon', { wanted: ['before soon'] }],
  ['before:2026-13-01 ', { wanted: ['before 2026 13 01'] }],
  ['before:2026-02-31 ', { wanted: ['before 2026 02 31'] }],
  ['-before:2026-01-01', { unwanted: ['before 2026 01 01'] }],
  ['from: in: x ', { wanted: ['from', 'in', 'x'] }],
  ['from:"" x ', { wanted: ['from', 'x'] }],
  ['from:@ x ', { wanted: ['from', 'x'] }],
  ['has:file xfrom:ann ', { wanted: ['has file', 'xfrom ann'] }],
  ['cats AND dogs OR NOT mice ', { wanted: ['cats', 'and', 'dogs', 'or', 'not', 'mice'] }],
  // Syntax of other search engines.
  [`" * NEAR( OR -- '`, { wanted: ['near or'] }],
  ['NEAR(a b, 3) ', { wanted: ['near a', 'b', '3'] }],
  ['{$ne: null} $where ', { wanted: ['ne', 'null', 'where'] }],
  ['* ** -* "*" -- - " "" \'', {}],
  ['terms:x ^x x~2 [a TO b] ', { wanted: ['terms x', 'x', 'x 2', 'a', 'to', 'b'] }],
  ['a\0b \u0007 \ud800x \udc00', { wanted: ['a', 'b', 'x'] }],
  ['🎉 ', {}],
  ['東京都', { wanted: ['東 京 都'] }],
  ['Café STRASSE Straße ', { wanted: ['cafe', 'strasse'] }],
];

for (const [typed, understood] of cases)
  test(`${JSON.stringify(typed)} is read`, (t) => {
    t.deepEqual(read(typed), understood);
    t.is(isEmptyQuery(parseSearch(typed)), Object.keys(understood).length === 0);
  });

test('query: a too long query is cut and still searched', (t) => {
  const many = Array.from({ length: 100 }, (_, index) => `w${index}`);
  for (const typed of [
    many.join(' '),
    `"${many.join(' ')}`,
    many.map((word) => `-${word}`).join(' '),
    'x '.repeat(5000),
    '"'.repeat(10_000),
  ]) {
    const { wanted, unwanted } = parseSearch(typed);
    for (const phrases of [wanted, unwanted]) t.true(phrases.flatMap(({ terms }) => terms).length <= MAX_WORDS);
  }
  t.is(parseSearch(`"${many.join(' ')}`).wanted[0]?.terms.length, MAX_WORDS);
  t.deepEqual(read(`${' '.repeat(MAX_QUERY_LENGTH)}word`), {});
});

test('query: random input is parsed in bounded time', (t) => {
  for (const text of HOSTILE_TEXTS) t.notThrows(() => parseSearch(text));
  const long = ['"'.repeat(10_000), '-'.repeat(10_000), 'from:'.repeat(2000), ' "'.repeat(5000), 'a'.repeat(100_000)];
  const ms = cpuMsOf(() => [...HOSTILE_TEXTS, ...long].map(parseSearch));
  t.true(ms < 1000, `${ms.toFixed(0)} ms`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (wild, plain) => {
      for (const typed of [wild, plain, `from:"${wild} ${plain}`]) {
        const { wanted, unwanted } = parseSearch(typed);
        for (const { terms } of [...wanted, ...unwanted])
          t.true(terms.length > 0 && terms.every((term) => /^[\p{L}\p{N}\p{M}]+$/u.test(term)));
      }
    }),
  );
});

test('query: the order of words, phrases and operators does not matter', (t) => {
  const parts = fc.constantFrom('tea', '"red car"', '-milk', 'from:ann', 'in:lobby', 'cu*', '-in:x', 'after:2026', '-"a b"');
  const sorted = (typed: string) => {
    const query = parseSearch(`${typed} `);
    return { ...query, wanted: lines(query.wanted).sort(), unwanted: lines(query.unwanted).sort() };
  };
  fc.assert(fc.property(fc.uniqueArray(parts), (typed) => t.deepEqual(sorted(typed.join(' ')), sorted(typed.toReversed().join('  ')))));
});
