import test from 'ava';
import { openPasswords } from '../../lib/accounts/password.ts';
import { FAILURES } from '../../lib/accounts/throttle.ts';
import { DomainError } from '../../lib/errors.ts';
import type { Client } from '../helpers/client.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';

const logIn = async (client: Client, from: string, password = PASSWORD, name = 'Bob'): Promise<number> =>
  (await client.form('/login', { name, password }, { 'X-Forwarded-For': from })).status;

/** `times` wrong passwords for Bob at once, each from another address. */
const guess = (site: TestServer, times: number, from: (n: number) => string): Promise<number[]> =>
  Promise.all(Array.from({ length: times }, (_, n) => logIn(site.client(), from(n), 'not the password')));

async function openBob(t: Parameters<typeof startServerFor>[0]) {
  const site = await startServerFor(t, { env: { TRUST_PROXY: 'on' } });
  await site.signUp('Ann');
  return { site, known: await site.signUp('Bob') };
}

const HOME = (n: number): string => `2001:db8:1:2:${n.toString(16)}::1`;

test('one /64 that tries without end counts as one address, and does not hold up Bob in a known browser or elsewhere', async (t) => {
  const { site, known } = await openBob(t);
  const { burst, perSecond } = FAILURES.address;
  const statuses = await guess(site, 60, HOME);
  t.is(statuses.filter((status) => status === 422).length, burst, 'the others are refused before the password is checked');
  t.is(await logIn(site.client(), HOME(99)), 429, 'also with the right password, from that network');
  for (let n = 0; n < 300; n++) {
    site.clock.turn(1000 / perSecond);
    await logIn(site.client(), HOME(n), 'not the password');
  }
  for (const from of [HOME(1), '198.51.100.7', '2001:db8:1:3::1']) t.is(await logIn(known, from), 303, `a known browser at ${from}`);
  for (const from of ['198.51.100.7', '2001:db8:2:2::1']) t.is(await logIn(site.client(), from), 303, `a new browser at ${from}`);
});

test('refused tries of one address are not counted against the name', async (t) => {
  const { site } = await openBob(t);
  for (let round = 0; round < 8; round++) await guess(site, 20, () => '192.0.2.7');
  t.is(await logIn(site.client(), '192.0.2.7'), 429);
  t.is(await logIn(site.client(), '192.0.2.8'), 303);
});

test('a /48 is limited as a whole, more loosely than each of its /64', async (t) => {
  const { site } = await openBob(t);
  const other = (n: number): Promise<number> => logIn(site.client(), `2001:db8:1:${n.toString(16)}::1`, 'not the password', `nobody ${n}`);
  const statuses: number[] = [];
  for (let n = 0; n < FAILURES.site.burst + 5; n++) statuses.push(await other(n));
  t.is(statuses.filter((status) => status === 429).length, 5);
  t.is(await logIn(site.client(), '2001:db8:2::1'), 303, 'another /48');
});

test('sign-ups are counted by /64', async (t) => {
  const site = await startServerFor(t, { env: { TRUST_PROXY: 'on' } });
  const signUp = async (n: number, from: string): Promise<number> =>
    (await site.client().form('/signup', { name: `Guest ${n}`, password: PASSWORD }, { 'X-Forwarded-For': from })).status;
  for (let n = 0; n < 40; n++) t.is(await signUp(n, HOME(n)), 303);
  t.is(await signUp(41, HOME(41)), 429);
  t.is(await signUp(42, '2001:db8:1:3::1'), 303);
});

test('strangers fill their own queue for the check of passwords, and not that of known browsers', async (t) => {
  const passwords = openPasswords(6);
  const hash = await passwords.hash(PASSWORD, 'known');
  const order: string[] = [];
  const strangers = Array.from({ length: 30 }, () => passwords.verify('wrong', hash, 'stranger').finally(() => order.push('stranger')));
  const outcomes = Promise.allSettled(strangers);
  t.true(await passwords.verify(PASSWORD, hash, 'known').finally(() => order.push('known')));
  const results = await outcomes;
  const refused = results.filter((result) => result.status === 'rejected');
  t.is(refused.length, 8);
  for (const { reason } of refused) t.true(reason instanceof DomainError && reason.code === 'tooMany');
  t.true(order.indexOf('known') < refused.length + 10, 'it did not wait for the strangers');
});
