import test from 'ava';
import fc from 'fast-check';
import { startsAWord } from '../../lib/text/word-start.ts';

const page: { startsAWord: typeof startsAWord } = await import(new URL('../../static/js/word-start.js', import.meta.url).href);

const CASES: readonly (readonly [name: string, typed: string, found: boolean])[] = [
  ['Bob', '', true],
  ['Bob', 'b', true],
  ['Bob', 'BOB', true],
  ['Bob', 'bobby', false],
  ['Bob', 'ob', false],
  ['Ann Lee', 'lee', true],
  ['Ann Lee', 'ann l', true],
  ['Ann Lee', 'nn lee', false],
  ['Jan van Dyck', 'van d', true],
  ['release-train', 'train', true],
  ['release_train', 'train', true],
  ['ann.lee', 'lee', true],
  ['Smith, Jo', 'jo', true],
  ['Smith,Jo', 'jo', true],
  ['Ann (Berlin)', 'berlin', true],
  ['Sales/Europe', 'europe', true],
  ["Finn O'Brien", 'brien', true],
  ['Room 10', '10', true],
  ['Room 10', '0', false],
  ['b2b', 'b', true],
  ['ab2b', 'b', false],
  ['abba ba', 'ba', true],
  ['Éva Lindqvist', 'éva', true],
  ['E\u0301va', 'éva', true],
  ['Éva', 'va', false],
  ['Νίκη Ζέα', 'ζέα', true],
  ['ÖZGÜR ÇELİK', 'çel', true],
  ['𝒜nn', 'nn', false],
  ['\u{10428}a', 'a', false],
  ['🦊 Fox', 'fox', true],
  ['🦊Fox', 'fox', true],
  ['C++ team', '++', false],
  ['# team', '#', true],
  ['王小明', '王小', true],
  ['a'.repeat(2000), 'ab', false],
];

for (const [where, starts] of [
  ['server', startsAWord],
  ['page', page.startsAWord],
] as const)
  test(`words: a name is found by the beginning of a word in it (${where})`, (t) => {
    for (const [name, typed, found] of CASES) t.is(starts(name, typed), found, `${typed} in ${name}`);
  });

test('words: server and page agree on any name', (t) => {
  const piece = fc.constantFrom('a', 'B', 'é', 'e\u0301', '-', '_', ' ', ',', '.', '7', 'İ', '🦊', '𝒜', 'ß', '\u{10428}');
  const text = (maxLength: number) => fc.array(piece, { maxLength }).map((all) => all.join(''));
  let found = 0;
  fc.assert(
    fc.property(text(8), text(3), (name, typed) => {
      t.is(page.startsAWord(name, typed), startsAWord(name, typed));
      found += Number(startsAWord(name, typed));
    }),
    { numRuns: 1000 },
  );
  t.true(found > 100 && found < 1000);
});
