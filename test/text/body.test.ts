import test from 'ava';
import fc from 'fast-check';
import { DomainError } from '../../lib/errors.ts';
import { parseEmoji } from '../../lib/markup/emoji.ts';
import { cleanText, cutText, isBlank, parseBody } from '../../lib/text/body.ts';
import { cpuMsOf } from '../helpers/cpu.ts';

const CLEANED: [what: string, given: string, kept: string][] = [
  ['line breaks of any system become LF', 'a\r\nb\rc\nd', 'a\nb\nc\nd'],
  ['blank lines at either end go', '\n \n\n  a\n\n b\n\n', '  a\n\n b'],
  ['space before the first word stays, for code', '  indented', '  indented'],
  ['tabs stay', 'a\tb', 'a\tb'],
  ['controls that confuse terminals go', 'a\u0000b\u001b[31mc\u0007\u0085\u009bd', 'ab[31mcd'],
  ['what other scripts need stays', '👨\u200d👩\u200d👧 خانه\u200cی', '👨\u200d👩\u200d👧 خانه\u200cی'],
];

for (const [what, given, kept] of CLEANED) test(`in a body, ${what}`, (t) => t.is(cleanText(given), kept));

test('cleanText: cleaning is idempotent', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => cleanText(cleanText(text)) === cleanText(text)));
  t.pass();
});

for (const space of [' ', '\n', '\t', '\u3000'])
  test(`a megabyte of U+${space.charCodeAt(0).toString(16)} within a text is cleaned in no time`, (t) => {
    const text = `a${space.repeat(1_000_000)}b`;
    t.is(cleanText(text).length, 1_000_002);
    const ms = cpuMsOf(() => cleanText(text));
    t.true(ms < 1000, `${ms.toFixed(0)} ms`);
  });

test('parseBody: a body without visible characters is refused', (t) => {
  for (const text of [
    '',
    ' ',
    '\n\t ',
    '\u00a0\u3000',
    '\u200b\u200d',
    '\u2800',
    '\u3164',
    '\u034f',
    '\ufe0f',
    '\u202e',
    '\u0000\u001b',
    '\ufeff\u2028',
  ]) {
    const error = t.throws(() => parseBody(text, 100), { instanceOf: DomainError }, JSON.stringify(text));
    t.deepEqual([error?.code, error?.field], ['invalid', 'body']);
  }
  for (const text of ['.', '0', '\u0301', '🦊', '❤️']) t.is(parseBody(text, 100), text);
});

test('parseBody: the limit counts bytes after cleaning, inclusive', (t) => {
  t.is(parseBody(`${'é'.repeat(50)}\r\n\r\n`, 100), 'é'.repeat(50));
  const error = t.throws(() => parseBody(`${'é'.repeat(50)}x`, 100), { instanceOf: DomainError });
  t.is(error?.code, 'tooLarge');
  t.regex(error?.message ?? '', /101 bytes, 100 at most/);
});

test('cutText: a text within the limit is not cut', (t) => {
  t.is(cutText('x'.repeat(100), 100), 'x'.repeat(100));
  t.is(cutText('', 100), '');
});

test('cutText: a cut text is within the limit, ends with a note, and has no partial characters', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 101, maxLength: 300 }), fc.integer({ min: 64, max: 100 }), (text, most) => {
      const cut = cutText(text, most);
      return (
        Buffer.byteLength(cut) <= most &&
        /\n\[cut: \d+ bytes, \d+ at most\]$/.test(cut) &&
        (text.includes('\ufffd') || !cut.includes('\ufffd'))
      );
    }),
  );
  t.true(cutText('🦊'.repeat(40), 100).startsWith('🦊🦊'));
});

test('parseEmoji: a reaction is a short visible text', (t) => {
  for (const emoji of [
    '👍',
    '❤️',
    '👨\u200d👩\u200d👧',
    '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    '+1',
    'ok',
    'well said',
    'x'.repeat(16),
  ])
    t.is(parseEmoji(` ${emoji} `), emoji.normalize('NFC'));
  for (const emoji of ['', ' ', '\u200b', '\u3164', 'a\nb', 'a/b', 'x'.repeat(17), '\u0007']) {
    const error = t.throws(() => parseEmoji(emoji), { instanceOf: DomainError }, JSON.stringify(emoji));
    t.deepEqual([error?.code, error?.field], ['invalid', 'emoji']);
  }
});

test('isBlank: takes linear time', (t) => {
  const long = `${' \u200b\u3164'.repeat(40_000)}x`;
  t.false(isBlank(long));
  t.is(cleanText(`${'\n '.repeat(60_000)}x${' \n'.repeat(60_000)}`).trim(), 'x');
});
