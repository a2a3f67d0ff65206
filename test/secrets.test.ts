import test from 'ava';
import fc from 'fast-check';
import { newUserId, randomId, randomToken, systemRandom } from '../lib/ids.ts';
import { openSecrets, sameText, sha256 } from '../lib/secrets.ts';

const [OLD, NEW] = ['old key '.repeat(5), 'new key '.repeat(5)];

test('secrets: a sealed value opens again, and the same value is sealed differently each time', (t) => {
  const secrets = openSecrets([NEW]);
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => secrets.open(secrets.seal(text)) === text));
  t.not(secrets.seal('same'), secrets.seal('same'));
  t.false(secrets.seal('plain words').includes(Buffer.from('plain words').toString('base64url')));
});

test('secrets: after a rotation old sealed values still open, and new ones need the new key', (t) => {
  const [before, after] = [openSecrets([OLD]), openSecrets([NEW, OLD])];
  t.is(after.open(before.seal('kept')), 'kept');
  t.is(before.open(after.seal('new')), undefined);
  t.is(openSecrets([NEW]).open(after.seal('new')), 'new');
  t.is(openSecrets([NEW]).open(before.seal('lost')), undefined);
});

test('secrets: an HMAC for look-ups is stable through a rotation, and differs by purpose, text and key', (t) => {
  const [before, after] = [openSecrets([OLD]), openSecrets([NEW, OLD])];
  t.is(after.mac('join-code', 'abc'), before.mac('join-code', 'abc'));
  t.regex(before.mac('join-code', 'abc'), /^[\w-]{43}$/);
  const others = [before.mac('post', 'abc'), before.mac('join-code', 'abd'), openSecrets([NEW]).mac('join-code', 'abc')];
  t.is(new Set([before.mac('join-code', 'abc'), ...others]).size, 4);
});

test('secrets: changed, cut or forged values do not open', (t) => {
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

test('secrets: a missing key is refused', (t) => {
  t.throws(() => openSecrets([]), { message: /at least one key/ });
});

test('secrets: the constant-time comparison is true only for equal texts', (t) => {
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

test('secrets: sha256 is SHA-256 of FIPS 180-4', (t) => {
  t.is(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('secrets: tokens have the requested length and uniformly distributed letters and digits', (t) => {
  const all = Array.from({ length: 2000 }, () => randomToken(systemRandom, 40));
  t.true(all.every((token) => /^[A-Za-z0-9]{40}$/.test(token)));
  t.is(new Set(all).size, all.length);
  const counts = Map.groupBy(all.join(''), (char) => char);
  t.is(counts.size, 62);
  const expected = 80_000 / 62;
  for (const [char, { length }] of counts) t.true(Math.abs(length - expected) < expected * 0.25, char);
});

test('secrets: a token is complete although most random bytes are rejected', (t) => {
  let calls = 0;
  const random = (length: number): Uint8Array => {
    calls += 1;
    return new Uint8Array(length).fill(calls < 3 ? 255 : calls);
  };
  t.is(randomToken(random, 8).length, 8);
  t.true(calls >= 3);
});

test('ids: an id has no dash, which separates an id from a key', (t) => {
  for (let i = 0; i < 500; i += 1) t.regex(newUserId(systemRandom), /^[0-9a-hjkmnp-tv-z]{16}$/);
  t.is(randomId(systemRandom, 26).length, 26);
});

test('what is signed with the newest key is verified by any, for its purpose alone', (t) => {
  const [before, after] = [openSecrets([OLD]), openSecrets([NEW, OLD])];
  t.true(after.isSigned('bus', 'text', before.sign('bus', 'text')));
  t.true(openSecrets([NEW]).isSigned('bus', 'text', after.sign('bus', 'text')));
  t.false(before.isSigned('bus', 'text', after.sign('bus', 'text')));
  t.false(before.isSigned('other', 'text', before.sign('bus', 'text')));
  for (const wrong of ['', 'x', before.sign('bus', 'text').slice(1), before.sign('bus', 'texts'), before.mac('bus', 'text')])
    t.false(before.isSigned('bus', 'text', wrong));
});
