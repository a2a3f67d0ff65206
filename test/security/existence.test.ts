import test from 'ava';
import { setDisabled } from '../../lib/accounts/operations.ts';
import { openPasswords } from '../../lib/accounts/password.ts';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { openLobby, userNamed } from '../helpers/fixtures.ts';
import { PASSWORD } from '../helpers/server.ts';

test('a request for a group that one is not in reads as often from the store as one for a group that does not exist; a member gets it', async (t) => {
  const { core, bob, ann } = await openLobby(t);
  await ann.json('POST', '/groups', { name: 'Cellar' });
  const faults = new Faults();
  makeFaulty(core, faults);
  const ask = async (method: string, path: string, body?: object) => {
    core.lookupCache.invalidate(); // otherwise a request might hit the cache
    faults.calls.length = 0;
    const { status } = await bob.json(method, path, body);
    const own = faults.calls.find(({ name }) => name === 'bySlug')?.trace; // the index of the search and others read meanwhile
    const asked = faults.calls.flatMap(({ name, trace }) => (trace === own ? [name] : []));
    t.true(own !== undefined && asked.length > 1, asked.join());
    return { status, asked };
  };
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/messages'],
    ['GET', '/messages/2'],
    ['GET', '/members'],
    ['GET', '/settings'],
    ['GET', '/bots'],
    ['GET', '/pins'],
    ['POST', '/read'],
    ['DELETE', '/messages/2'],
  ] as const) {
    const forbidden = await ask(method, `/groups/cellar${path}`);
    t.is(forbidden.status, 404);
    t.deepEqual(forbidden, await ask(method, `/groups/nowhere${path}`), `${method} ${path}`);
  }
  t.deepEqual(await ask('POST', '/groups/join', { slug: 'cellar' }), await ask('POST', '/groups/join', { slug: 'nowhere' }));
  t.is((await ask('GET', '/groups/lobby/messages')).status, 200);
});

test('a failed log-in reads as often for a name that exists, one that does not and a disabled one; the right password logs in', async (t) => {
  const { core, client, signUp } = await openLobby(t);
  await signUp('Carl');
  const [bob, carl] = [await userNamed(core, 'Bob'), await userNamed(core, 'Carl')];
  await setDisabled(core, bob.id, carl, true);
  await core.securityLog.idle();
  const faults = new Faults();
  makeFaulty(core, faults);
  const ask = async (name: string, password: string) => {
    core.lookupCache.invalidate();
    await core.directory.profiles([bob.id, carl.id]); // otherwise the line of the log, written in the background, might read a name
    faults.calls.length = 0;
    const { status } = await client().form('/login', { name, password });
    const own = faults.calls.find((call) => call.name === 'byNameKey')?.trace; // the index of the search and others read meanwhile
    const asked = faults.calls.flatMap((call) => (call.trace === own ? [call.name] : []));
    t.true(own !== undefined && asked.length > 1, asked.join());
    await core.securityLog.idle(); // events are stored after the answer
    return { status, asked };
  };
  const known = await ask('Bob', 'not the password');
  t.is(known.status, 422);
  t.deepEqual(await ask('Nobody', 'not the password'), known);
  t.deepEqual(await ask('Carl', 'not the password'), known);
  t.deepEqual(await ask('Carl', PASSWORD), known, 'nor does the right password of a disabled account tell');
  t.is((await ask('Bob', PASSWORD)).status, 303);
});

test.serial('a password is checked as long for a name that does not exist as for one that does', async (t) => {
  const passwords = openPasswords(10);
  const hash = await passwords.hash(PASSWORD, 'stranger');
  const fastest = async (against: string | null): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      const begun = performance.now();
      t.false(await passwords.verify('not the password', against, 'stranger'));
      times.push(performance.now() - begun);
    }
    return Math.min(...times);
  };
  const [known, unknown] = [await fastest(hash), await fastest(null)];
  t.true(unknown > known / 2 && unknown < known * 2, `${known} ms, ${unknown} ms for nobody`);
});
