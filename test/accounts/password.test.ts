import test from 'ava';
import { openPasswords } from '../../lib/accounts/password.ts';
import { DomainError } from '../../lib/errors.ts';

test('a password is right for its own hash only', async (t) => {
  const passwords = openPasswords(4);
  const hash = await passwords.hash('correct horse', 'stranger');
  t.true(await passwords.verify('correct horse', hash, 'stranger'));
  t.false(await passwords.verify('Correct horse', hash, 'stranger'));
  t.false(await passwords.verify('', hash, 'stranger'));
  t.not(hash, await passwords.hash('correct horse', 'stranger'), 'each hash has a salt of its own');
});

test('no password is right where there is no hash', async (t) => {
  const passwords = openPasswords(4);
  t.false(await passwords.verify('nobody has this password', null, 'stranger'));
  t.false(await passwords.verify('', null, 'stranger'));
});

test('password: bytes that bcrypt ignores (past 72 bytes, past NUL) make a password wrong', async (t) => {
  const passwords = openPasswords(4);
  const hash = await passwords.hash('x'.repeat(72), 'stranger');
  t.true(await passwords.verify('x'.repeat(72), hash, 'stranger'));
  t.false(await passwords.verify(`${'x'.repeat(72)}y`, hash, 'stranger'));
  const withNul = await passwords.hash('abcdefgh\0one', 'stranger');
  t.true(await passwords.verify('abcdefgh\0one', withNul, 'stranger'));
  t.false(await passwords.verify('abcdefgh\0two', withNul, 'stranger'));
});

test('password: 2 hashes run concurrently, 20 wait, the next is refused with tooMany', async (t) => {
  const passwords = openPasswords(4);
  const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => passwords.hash('correct horse', 'stranger')));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  t.is(refused.length, 8);
  for (const { reason } of refused) {
    t.true(reason instanceof DomainError && reason.code === 'tooMany');
    t.true(reason.retryAfterMs > 0);
  }
  t.true(await passwords.verify('correct horse', await passwords.hash('correct horse', 'stranger'), 'stranger'), 'and goes on afterwards');
});

test('password: a failed hash releases its slot', async (t) => {
  const passwords = openPasswords(4);
  for (let i = 0; i < 5; i += 1) await t.throwsAsync(passwords.verify('x', 5 as unknown as string, 'stranger'));
  t.is((await passwords.hash('correct horse', 'stranger')).slice(0, 4), '$2b$');
});
