import test from 'ava';
import { checkOf } from '../../lib/encryption/keys.ts';
import { type Damage, keyIdOf, openSealer } from '../../lib/encryption/sealed.ts';
import { keyringOf, newKey } from './keys.ts';

const PLACE = 'log/kitchen/7/message/body';

/** A sealer that collects what it cannot open. */
function sealerWith(...keys: string[]) {
  const damages: Damage[] = [];
  return { damages, ...openSealer(keyringOf(...keys), 'records', (damage) => damages.push(damage)) };
}

test('a sealed text comes back, names its key, and has a nonce of its own', (t) => {
  const { seal, open, damages } = sealerWith(newKey('k1'));
  for (const text of ['hello', 'ünï 🎉\n\0', '', 'x'.repeat(70_000)]) {
    const sealed = seal(text, PLACE);
    t.is(open(sealed, PLACE), text);
    t.is(keyIdOf(sealed), 'k1');
  }
  const many = new Set(Array.from({ length: 2000 }, () => seal('hello', PLACE)));
  t.is(many.size, 2000);
  t.deepEqual(damages, []);
});

test('a text that is not sealed is returned as it is', (t) => {
  const { open } = sealerWith(newKey('k1'));
  for (const text of ['hello', 'k1:aGVsbG8=', ':']) {
    t.is(open(text, PLACE), text);
    t.is(keyIdOf(text), undefined);
  }
});

test('a sealed text opens only at its place', (t) => {
  const { seal, open, damages } = sealerWith(newKey('k1'));
  const sealed = seal('hello', PLACE);
  for (const place of ['log/kitchen/8/message/body', 'log/lobby/7/message/body', 'log/kitchen/7/edit/body', 'log/kitchen/7/message/as'])
    t.is(open(sealed, place), undefined, place);
  t.is(damages.length, 4);
  t.is(open(sealed, PLACE), 'hello');
});

test('a text that was changed or cut anywhere does not open, and is reported with its place', (t) => {
  const { seal, open, damages } = sealerWith(newKey('k1'));
  const sealed = seal('hello world', PLACE);
  const bytes = Buffer.from(sealed.slice(4), 'base64');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    t.is(open(sealed.slice(0, 4) + changed.toString('base64'), PLACE), undefined, `byte ${at}`);
  }
  const failures = damages.length;
  for (let length = 1; length < sealed.length; length += 1) {
    const opened = open(sealed.slice(0, length), PLACE);
    // One padding character is redundant in base64.
    t.true(opened === undefined || (opened === 'hello world' && length >= sealed.length - 2), `${length} characters`);
  }
  t.is(failures, bytes.length);
  t.deepEqual(damages[0], { place: PLACE, reason: 'it was changed or cut' });
});

test('the newest key seals, every key opens, and a missing one is named', (t) => {
  const [old, fresh] = [newKey('old'), newKey('new')];
  const before = sealerWith(old).seal('hello', PLACE);
  const rotated = sealerWith(fresh, old);
  t.is(rotated.open(before, PLACE), 'hello');
  t.is(keyIdOf(rotated.seal('hello', PLACE)), 'new');
  const without = sealerWith(fresh);
  t.is(without.open(before, PLACE), undefined);
  t.deepEqual(without.damages, [{ place: PLACE, reason: 'the key old is not in ENCRYPTION_KEYS' }]);
});

test('keys of one purpose open nothing of another, nor do other keys of the same id', (t) => {
  const key = newKey('k1');
  const sealed = openSealer(keyringOf(key), 'bus').seal('hello', PLACE);
  t.is(openSealer(keyringOf(key), 'bus').open(sealed, PLACE), 'hello');
  t.is(openSealer(keyringOf(key), 'records').open(sealed, PLACE), undefined);
  t.is(openSealer(keyringOf(newKey('k1')), 'bus').open(sealed, PLACE), undefined);
  t.is(checkOf(keyringOf(key), 'k1'), checkOf(keyringOf(newKey('k2'), key), 'k1'));
  t.not(checkOf(keyringOf(key), 'k1'), checkOf(keyringOf(newKey('k1')), 'k1'));
});
