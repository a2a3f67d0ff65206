import test from 'ava';
import { nameKey, parseName, parsePassword } from '../../lib/accounts/account.ts';
import { DomainError } from '../../lib/errors.ts';

const fieldOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? `${error.code} ${error.field}` : String(error);
  }
};

const TAKEN: [given: string, shown: string][] = [
  ['Ann', 'Ann'],
  ['  Ann   Marie\t', 'Ann Marie'],
  ['Ａｎｎ', 'Ann'],
  ['Ann\u00a0Lee', 'Ann Lee'],
  ['José', 'José'.normalize('NFKC')],
  ['Jose\u0301', 'José'.normalize('NFKC')],
  ['李雷', '李雷'],
  ['Ольга', 'Ольга'],
  ['عمر', 'عمر'],
  ['🦊', '🦊'],
  ['I ❤️ tea', 'I ❤️ tea'],
  ['x'.repeat(32), 'x'.repeat(32)],
  ['🦊'.repeat(32), '🦊'.repeat(32)],
  ['{"$gt":""}', '{"$gt":""}'],
];

for (const [given, shown] of TAKEN) test(`the name ${JSON.stringify(given)} is shown as ${shown}`, (t) => t.is(parseName(given), shown));

const REFUSED: [what: string, name: string][] = [
  ['nothing', ''],
  ['only space', ' \u3000\t '],
  ['33 characters', 'x'.repeat(33)],
  ['a line break', 'An\nn'],
  ['a line separator', 'An\u2028n'],
  ['NUL', 'Ann\0'],
  ['an escape character', 'Ann\u001b[31m'],
  ['a zero-width space', 'Ann\u200b'],
  ['a zero-width joiner', 'An\u200dn'],
  ['a byte order mark inside', 'An\ufeffn'],
  ['a soft hyphen', 'An\u00adn'],
  ['a right-to-left override', '\u202ennA'],
  ['an isolate', '\u2066Ann'],
  ['a grapheme joiner', 'An\u034fn'],
  ['a Hangul filler', 'Ann\u3164'],
  ['only a Braille blank', '\u2800'],
  ['only a variation selector', '\ufe0f'],
  ['a tag character', 'Ann\u{e0041}'],
  ['a private character', 'Ann\ue000'],
  ['half a character', 'Ann\ud83e'],
  ['an unassigned character', 'Ann\u0378'],
];

for (const [what, name] of REFUSED)
  test(`names: a name with ${what} is refused and the error names the field`, (t) =>
    t.is(
      fieldOf(() => parseName(name)),
      'invalid name',
    ));

test('names: the length is counted after normalisation', (t) => {
  t.is(parseName('ﬃ'.repeat(10)), 'ffi'.repeat(10));
  t.is(
    fieldOf(() => parseName('ﬃ'.repeat(11))),
    'invalid name',
  );
});

const TWINS: [string, string][] = [
  ['Ann', 'ANN'],
  ['Ann', 'ａｎｎ'],
  ['Straße', 'STRASSE'],
  ['José', 'JOSE\u0301'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
  ['Ann Lee', '  ann\u00a0 lee '],
  ['①', '1'],
  ['I ❤️ tea', 'i ❤ tea'],
  ['ﬁn', 'FIN'],
];

for (const [one, other] of TWINS) test(`${one} and ${other} are one name`, (t) => t.is(nameKey(one), nameKey(other)));

test('names: names that only look similar are different', (t) => {
  t.not(nameKey('Ann'), nameKey('Anna'));
  t.not(nameKey('Jose'), nameKey('José'));
  t.not(nameKey('Ann Lee'), nameKey('AnnLee'));
});

test('the comparison key of a name is the same for its shown form', (t) => {
  for (const [given, shown] of TAKEN) t.is(nameKey(given), nameKey(shown));
});

test('a password has 8 to 72 bytes, whatever its characters', (t) => {
  for (const good of ['12345678', 'é'.repeat(4), ' '.repeat(8), 'x'.repeat(72), '🦊🦊'.repeat(9)]) t.is(parsePassword(good), good);
  for (const bad of ['', '1234567', '🦊', 'x'.repeat(73), 'é'.repeat(37), '🦊'.repeat(19)])
    t.is(
      fieldOf(() => parsePassword(bad)),
      'invalid password',
    );
});

test('password: errors do not contain the password', (t) => {
  for (const bad of ['hunter2', `hunter2${'x'.repeat(80)}`]) {
    const error = t.throws(() => parsePassword(bad), { instanceOf: DomainError });
    t.false(error?.message.includes('hunter2'));
    t.regex(error?.message ?? '', /8 characters|72 bytes/);
  }
});
