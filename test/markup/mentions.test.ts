import test from 'ava';
import fc from 'fast-check';
import { asUserId } from '../../lib/ids.ts';
import { findMentions, type MentionTarget } from '../../lib/markup/mentions.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const person = (name: string): MentionTarget => ({ id: asUserId(`id-${name}`), name });
const PEOPLE = ['Ann', 'Ann Lee', 'bob', 'José', 'Ольга', '李雷', 'a.b', '$1', '(x)', 'İpek'].map(person);

const named = (text: string): string[] => findMentions(text, PEOPLE).map(({ id }) => id.slice(3));

const FOUND: [text: string, names: string[]][] = [
  ['@Ann', ['Ann']],
  ['hello @ann!', ['Ann']],
  ['@ANN and @Bob', ['Ann', 'bob']],
  ['@Ann Lee, please', ['Ann Lee']],
  ['@Ann Leeds', ['Ann']],
  ['(@bob)', ['bob']],
  ['@bob,@Ann', ['bob', 'Ann']],
  ['@@bob', ['bob']],
  ['@José @ОЛЬГА @李雷', ['José', 'Ольга', '李雷']],
  ['@a.b. @$1 @(x)', ['a.b', '$1', '(x)']],
  ['line one\n@bob', ['bob']],
  ['@bobby', []],
  ['@bob_', []],
  ['ann@bob.example', []],
  ['1@bob', []],
  ['@', []],
  ['@ bob', []],
  ['@axb', []],
  ['@nobody', []],
  ['bob', []],
];

for (const [text, names] of FOUND)
  test(`${JSON.stringify(text)} names ${names.length === 0 ? 'nobody' : names.join(' and ')}`, (t) => t.deepEqual(named(text), names));

test('mentions: positions are correct and do not overlap', (t) => {
  const parts = fc.constantFrom('@Ann', '@Ann Lee', '@bob', '@', ' ', ', ', 'x', '\n', '@José', '李', '\u{1f98a}');
  fc.assert(
    fc.property(fc.array(parts), (all) => {
      const text = all.join('');
      let last = 0;
      for (const { id, start, end } of findMentions(text, PEOPLE)) {
        const name = PEOPLE.find((one) => one.id === id)?.name ?? '';
        if (start < last || text.slice(start, end).toLowerCase() !== `@${name}`.toLowerCase()) return false;
        last = end;
      }
      return true;
    }),
  );
  t.pass();
});

test('mentions: an empty name or an empty list never matches', (t) => {
  t.deepEqual(findMentions('@ @@ @', [person('')]), []);
  t.deepEqual(findMentions('@Ann', []), []);
});

test('mentions: at most 200 are found, in bounded time for any text and number of people', (t) => {
  t.is(findMentions('@bob '.repeat(1000), PEOPLE).length, 200);
  const members = Array.from({ length: 5000 }, (_, i) => person(`Somebody ${i}`));
  const hostile = ['@'.repeat(100_000), '@somebody '.repeat(10_000), `${'@Somebody 4999'.repeat(7000)}x`, `${' @'.repeat(50_000)}`];
  const ms = cpuMsOf(() => hostile.map((text) => findMentions(text, members)));
  t.true(ms < 2000, `took ${Math.round(ms)} ms`);
});
