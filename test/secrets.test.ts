import test from 'ava';
import fc from 'fast-check';
import { newUserId, randomId, randomToken, systemRandom } from '../lib/ids.ts';
import { openSecrets, sameText, sha256 } from '../lib/secrets.ts';

const [OLD, NEW] = ['old key '.repeat(5), 'new key '.repeat(5)];

test('what is sealed opens again, whatever it is, and never looks the same twice', (t) => {
  const secrets = openSecrets([NEW]);
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => secrets.open(secrets.seal(text)) === text));
  t.not(secrets.seal('same'), secrets.seal('same'));
  t.false(secrets.seal('plain words').includes(Buffer.from('plain words').toString('base64url')));
});

test('after a rotation what the old key sealed still opens, and new things need the new key', (t) => {
  const [before, after] = [openSecrets([OLD]), openSecrets([NEW, OLD])];
  t.is(after.open(before.seal('kept')), 'kept');
  t.is(before.open(after.seal('new')), undefined);
  t.is(openSecrets([NEW]).open(after.seal('new')), 'new');
  t.is(openSecrets([NEW]).open(before.seal('lost')), undefined);
});

test('an HMAC that is looked up stays the same through a rotation, and differs by purpose, text and key', (t) => {
  const [before, after] = [openSecrets([OLD]), openSecrets([NEW, OLD])];
  t.is(after.mac('join-code', 'abc'), before.mac('join-code', 'abc'));
  t.regex(before.mac('join-code', 'abc'), /^[\w-]{43}$/);
  const others = [before.mac('post', 'abc'), before.mac('join-code', 'abd'), openSecrets([NEW]).mac('join-code', 'abc')];
  t.is(new Set([before.mac('join-code', 'abc'), ...others]).size, 4);
});

test('what was changed, cut or made up does not open', (t) => {
  const secrets = openSecrets([NEW]);
  const sealed = secrets.seal('a secret');
  const [iv = '', tag = '', body = ''] = sealed.split('.');
  const flipped = (part: string): string => (part.startsWith('A') ? 'B' : 'A') + part.slice(1);
  for (const bad of [
    '',
    '.',
    '..',
    'x',
    'a.b.c',
    `${iv}.${tag}`,
    `${flipped(iv)}.${tag}.${body}`,
    `${iv}.${flipped(tag)}.${body}`,
    `${iv}.${tag}.${flipped(body)}`,
    `${iv}.${tag.slice(0, 8)}.${body}`,
    `${iv}.${tag}.`,
  ])
    t.is(secrets.open(bad), undefined, bad);
  t.is(secrets.open(sealed), 'a secret');
});

test('secrets without a key are no secrets', (t) => {
  t.throws(() => openSecrets([]), { message: /at least one key/ });
});

test('texts are the same only when they are', (t) => {
  t.true(sameText('', ''));
  t.true(sameText('abc', 'abc'));
  for (const [a, b] of [
    ['abc', 'abd'],
    ['abc', 'ab'],
    ['abc', ''],
    ['é', 'e\u0301'],
  ] as const)
    t.false(sameText(a, b));
});

test('SHA-256 is that of FIPS 180-4', (t) => {
  t.is(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('tokens have the length asked for, only letters and digits, and none of them is likelier', (t) => {
  const all = Array.from({ length: 2000 }, () => randomToken(systemRandom, 40));
  t.true(all.every((token) => /^[A-Za-z0-9]{40}$/.test(token)));
  t.is(new Set(all).size, all.length);
  const counts = Map.groupBy(all.join(''), (char) => char);
  t.is(counts.size, 62);
  const expected = 80_000 / 62;
  for (const [char, { length }] of counts) t.true(Math.abs(length - expected) < expected * 0.25, char);
});

test('a token is drawn until it is whole, also from bytes that are mostly thrown away', (t) => {
  let calls = 0;
  const random = (length: number): Uint8Array => {
    calls += 1;
    return new Uint8Array(length).fill(calls < 3 ? 255 : calls);
  };
  t.is(randomToken(random, 8).length, 8);
  t.true(calls >= 3);
});

test('ids never have a dash, which divides an id from a key', (t) => {
  for (let i = 0; i < 500; i += 1) t.regex(newUserId(systemRandom), /^[0-9a-hjkmnp-tv-z]{16}$/);
  t.is(randomId(systemRandom, 26).length, 26);
});
