import test from 'ava';
import fc from 'fast-check';
import { breachesIn, HOSTILE_TEXTS, shownIn } from '../../fixtures/hostile.ts';
import { matchIn, snippetOf } from '../../lib/search/match.ts';
import { parseSearch } from '../../lib/search/query.ts';
import { allowsPrefix, MAX_CHARACTERS, MAX_TERMS, termsOf, tokensIn } from '../../lib/search/terms.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const terms = (text: string): string =>
  tokensIn(text)
    .map(({ term }) => term)
    .join(' ');

const folds: [string, string][] = [
  ['Hello, World!', 'hello world'],
  [`don't e-mail a_b 3.14 C++`, 'don t e mail a b 3 14 c'],
  ['Straße STRASSE STRAẞE Ångström ﬁne Ｆｕｌｌ', 'strasse strasse strasse angstrom fine full'],
  ['İstanbul ISPARTA ısparta', 'istanbul isparta isparta'],
  ['ΟΔΟΣ οδός ὀδούς', 'οδοσ οδοσ οδουσ'],
  ['ёлка ЁЛКА', 'елка елка'],
  ['شَعْب שָׁלוֹם', 'شعب שלום'],
  ['हिन्दी किताब', 'हिन्दी किताब'],
  ['東京タワー ｶﾞｽ がす', '東 京 タ ワ ー ガ ス が す'],
  ['我爱北京abc', '我 爱 北 京 abc'],
  ['한국어 서울', '한국어 서울'],
  ['ภาษาไทย', 'ภ า ษ า ไ ท ย'],
  ['½ ① x² ', '12 1 x2'],
  ['🎉 -- ""', ''],
];

for (const [text, folded] of folds)
  test(`the words of ${text}`, (t) => {
    t.is(terms(text), folded);
    t.is(terms(folded), folded, 'once folded they stay');
  });

test('terms: normalizing is idempotent, and offsets are those of the word', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (near, wild) => {
      for (const text of [near, wild, `Ünï ${near}東${wild}`])
        for (const { term, start, end } of tokensIn(text)) {
          t.regex(term, /^[\p{L}\p{N}\p{M}]+$/u);
          t.true(terms(text.slice(start, end)).split(' ').includes(term));
          t.is(terms(term), term, JSON.stringify(text.slice(start, end)));
        }
    }),
    { numRuns: 500 },
  );
});

test('terms: their number and length are limited', (t) => {
  const many = Array.from({ length: 500 }, (_, index) => `w${index}`).join(' ');
  t.deepEqual(termsOf(`${many} ${many}`), many.split(' ').slice(0, MAX_TERMS));
  t.deepEqual(termsOf('x'.repeat(1000)), ['x'.repeat(MAX_CHARACTERS)]);
  t.is([...(termsOf('𐐨'.repeat(1000))[0] ?? '')].length, MAX_CHARACTERS);
});

test('terms: long texts are tokenized in bounded time', (t) => {
  const texts = ['a'.repeat(100_000), 'a '.repeat(50_000), '東'.repeat(50_000), 'é\u0301'.repeat(30_000), '-'.repeat(100_000)];
  const ms = cpuMsOf(() => texts.map(tokensIn));
  t.true(ms < 2000, `${ms.toFixed(0)} ms`);
});

test('terms: which ones may be prefixes', (t) => {
  for (const term of ['ab', 'e2', 'те', '한국']) t.true(allowsPrefix(term), term);
  for (const term of ['a', '7', '東', 'が']) t.false(allowsPrefix(term), term);
});

const table: [string, string, string | undefined][] = [
  // the text, the query, and the marked parts
  ['The quick brown fox', 'fox quick ', 'quick fox'],
  ['The quick brown fox', 'fox slow ', undefined],
  ['The quick brown fox', '"quick brown"', 'quick brown'],
  ['The quick brown fox', '"brown quick"', undefined],
  ['Deployed, deploying', 'deploy', 'Deployed deploying'],
  ['Deployed', 'deploy ', undefined],
  ['Deployed at last', '"deployed at la"*', 'Deployed at last'],
  ['CAFÉ au lait', 'cafe ', 'CAFÉ'],
  ['an e-mail, or an e mail', 'e-mail ', 'e-mail e mail'],
  ['今天東京都', '東京', '東京'],
  ['京東', '東京', undefined],
  ['red car', 'car -"red car"', undefined],
  ['car, red', 'car -"red car"', 'car'],
  ['red car', 'red -ca* ', undefined],
  ['aa aa aa', '"aa aa"', 'aa aa aa'],
];

for (const [said, typed, marked] of table)
  test(`${typed} in ${said}`, (t) => {
    const hits = matchIn(said, parseSearch(typed));
    t.is(hits?.map(({ start, end }) => said.slice(start, end)).join(' '), marked);
  });

test('snippet: shows the first hit, marked, on one line of limited length', (t) => {
  const said = `${'before '.repeat(100)}\n\n<b>needle</b> & "thread"\n${'after '.repeat(100)}needle`;
  const { html, text } = snippetOf(said, matchIn(said, parseSearch('needle')) ?? []);
  t.regex(html, /^…before (before )+&lt;b&gt;<mark>needle<\/mark>&lt;\/b&gt; &amp; &quot;thread&quot; after .*after…$/);
  t.true(text.length < 260, `${text.length}`);
  t.is(shownIn(html), text);
  t.deepEqual(snippetOf('all of it', []), { html: 'all of it', text: 'all of it' });
});

test('snippet: a hit longer than the snippet is cut', (t) => {
  const said = 'x'.repeat(5000);
  const { html } = snippetOf(said, matchIn(said, parseSearch(said)) ?? []);
  t.regex(html, /^<mark>x{240}<\/mark>…$/);
});

test('snippet: hostile text is escaped', (t) => {
  for (const said of HOSTILE_TEXTS)
    for (const { term } of tokensIn(said)) {
      const { html, text } = snippetOf(said, matchIn(said, parseSearch(`${term} `)) ?? []);
      t.deepEqual(breachesIn(html), [], said);
      t.is(shownIn(html), text);
      t.true(html.includes('<mark>'), said);
    }
});

test('snippet: well-formed for random text, and keeps what it shows', (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('tea ', '😀', '東', 'x'.repeat(80), '\n', '<', 'e\u0301', ' cup'), { maxLength: 40 }), (parts) => {
      const said = parts.join('');
      const hits = matchIn(said, parseSearch('tea ')) ?? [];
      const { html, text } = snippetOf(said, hits);
      t.true(text.isWellFormed() && html.isWellFormed());
      t.is(html.includes('<mark>'), hits.length > 0);
      t.true(said.replace(/\s+/g, ' ').includes(text.replace(/^…|…$/g, '')));
    }),
    { numRuns: 500 },
  );
});
