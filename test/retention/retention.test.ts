import test, { type ExecutionContext } from 'ava';
import { createToken } from '../../lib/accounts/tokens.ts';
import { setHold, setRetention } from '../../lib/retention/operations.ts';
import type { Client } from '../helpers/client.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { Clock, startServerFor, type TestServer } from '../helpers/server.ts';
import { freshDatabase, present, requireOrSkip } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const DAY = 86_400_000;
const mongo = await mongoForFile();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

/** A server whose clocks, both, only the test advances. */
async function open(t: ExecutionContext, env: Record<string, string>): Promise<{ site: TestServer; pass: (ms: number) => void }> {
  const clock = new Clock();
  const began = clock.now();
  const site = await startServerFor(t, {
    env: { POSTS_PER_SECOND: '0', ...env },
    clock,
    retention: { elapsed: () => clock.now() - began, everyMs: 1000 },
  });
  return { site, pass: (ms) => clock.turn(ms) };
}

/** A new account with a token, which lasts longer than a session. */
async function lasting(site: TestServer, name: string): Promise<Client> {
  const client = await site.signUp(name);
  const { token } = await createToken(site.core, await userNamed(site.core, name));
  return client.bearer(token);
}

const post = async (client: Client, body: string, group = 'lobby'): Promise<number> =>
  (await client.json('POST', `/groups/${group}/messages`, { body })).json<{ seq: number }>().seq;

type Shown = { readonly seq: number; readonly body: string; readonly erased: boolean };
const shown = async (client: Client, group = 'lobby'): Promise<Shown[]> =>
  (await client.get(`/groups/${group}/messages?limit=100`, 'application/json')).json<Shown[]>();

for (const [store, register, env] of STORES) {
  register(
    `${store}: messages are erased when they are older than RETENTION_DAYS, with their texts, and the log stays dense`,
    async (t) => {
      const { site, pass } = await open(t, { ...env(), RETENTION_DAYS: '30' });
      const ann = await lasting(site, 'Ann');
      const { id } = await groupAt(site.core, 'lobby');
      const old = [await post(ann, 'an old secret'), await post(ann, 'another old one')];
      pass(20 * DAY);
      const young = await post(ann, 'a young one');
      await site.server.sweep();
      t.deepEqual(
        (await shown(ann)).map(({ erased }) => erased),
        [false, false, false],
      );
      pass(11 * DAY);
      await site.server.sweep();
      await site.server.sweep();
      t.deepEqual(
        (await shown(ann)).map(({ seq, body, erased }) => [seq, body, erased]),
        [...old.map((seq) => [seq, '', true]), [young, 'a young one', false]],
      );
      const head = await site.core.store.log.head(id);
      const log = await site.core.store.log.range(id, 1, head.seq);
      t.deepEqual(
        log.map(({ seq }) => seq),
        Array.from({ length: head.seq }, (_, index) => index + 1),
      );
      t.false(JSON.stringify(log).includes('old secret'), 'the text is gone from the store');
      t.deepEqual(
        log.filter(({ kind }) => kind === 'erase').map(({ author }) => author),
        ['system', 'system'],
      );
      t.false((await ann.get('/search?q=secret', 'application/json')).text.includes('old secret'));
      pass(1000);
      const before = head.seq;
      await site.server.sweep();
      t.is((await site.core.store.log.head(id)).seq, before, 'what is erased is not erased again');
    },
  );

  register(`${store}: several processes erase each message once`, async (t) => {
    const shared = env();
    const { site, pass } = await open(t, { ...shared, RETENTION_DAYS: '1' });
    const ann = await lasting(site, 'Ann');
    for (let count = 0; count < 25; count += 1) await post(ann, `text ${count}`);
    const { id } = await groupAt(site.core, 'lobby');
    const { RetentionSweep } = await import('../../lib/retention/sweep.ts');
    pass(2 * DAY);
    const elapsed = () => performance.now();
    const sweeps = [1, 2, 3].map(() => new RetentionSweep(site.core, { elapsed }));
    const erased = await Promise.all(sweeps.map((sweep) => sweep.run()));
    t.is(
      erased.reduce((sum, one) => sum + one, 0),
      25,
    );
    const log = await site.core.store.log.range(id, 1, 200);
    t.is(log.filter(({ kind }) => kind === 'erase').length, 25);
  });

  register(`${store}: a group has its own retention; direct messages have that of direct messages; a hold keeps everything`, async (t) => {
    const { site, pass } = await open(t, { ...env(), RETENTION_DAYS: '30', RETENTION_DIRECT_DAYS: '5' });
    const ann = await lasting(site, 'Ann');
    await site.signUpInLobby('Bob');
    for (const name of ['Short', 'Forever', 'Held']) await ann.form('/groups', { name });
    const direct = (await ann.json('POST', '/direct', { with: ['Bob'] })).json<{ slug: string }>().slug;
    const { core } = site;
    await setRetention(core, await groupAt(core, 'short'), 2);
    await setRetention(core, await groupAt(core, 'forever'), 0);
    await setHold(core, await groupAt(core, 'held'), true);
    const groups = ['lobby', 'short', 'forever', 'held', direct];
    for (const group of groups) await post(ann, `in ${group}`, group);
    const erasedAfter = async (days: number): Promise<string[]> => {
      pass(days * DAY);
      await site.server.sweep();
      const found = await Promise.all(groups.map(async (group) => ((await shown(ann, group))[0]?.erased ? [group] : [])));
      return found.flat();
    };
    t.deepEqual(await erasedAfter(3), ['short']);
    t.deepEqual(await erasedAfter(3), ['short', direct]);
    t.deepEqual(await erasedAfter(30), ['lobby', 'short', direct]);
    await setHold(core, await groupAt(core, 'held'), false);
    t.deepEqual(await erasedAfter(1), ['lobby', 'short', 'held', direct]);
  });

  register(`${store}: an erased text of a group on legal hold stays in the store until the hold is lifted`, async (t) => {
    const { site, pass } = await open(t, env());
    const ann = await lasting(site, 'Ann');
    const group = await groupAt(site.core, 'lobby');
    const seq = await post(ann, 'held evidence');
    await setHold(site.core, group, true);
    await ann.json('DELETE', `/groups/lobby/messages/${seq}`);
    const free = await ann.form('/groups', { name: 'Free' });
    t.is(free.status, 303);
    const other = await post(ann, 'no evidence', 'free');
    await ann.json('DELETE', `/groups/free/messages/${other}`);
    pass(60_000);
    await site.server.sweep();
    t.is((await site.core.store.log.message(group.id, seq))?.body, 'held evidence');
    t.is((await site.core.store.log.message((await groupAt(site.core, 'free')).id, other))?.body, '');
    t.false((await ann.get('/groups/lobby')).text.includes('held evidence'));
    await setHold(site.core, group, false);
    await site.server.sweep();
    t.is((await site.core.store.log.message(group.id, seq))?.body, '');
  });
}

test('a clock that jumps erases nothing for an hour, and nothing at all when it is set right', async (t) => {
  const clock = new Clock();
  let elapsed = 0;
  const site = await startServerFor(t, { env: { RETENTION_DAYS: '30' }, clock, retention: { elapsed: () => elapsed, everyMs: 1000 } });
  const ann = await lasting(site, 'Ann');
  await post(ann, 'precious');
  const sweep = async (wallMs: number, elapsedMs: number): Promise<boolean> => {
    clock.turn(wallMs);
    elapsed += elapsedMs;
    await site.server.sweep();
    return (await shown(ann))[0]?.erased === true;
  };
  t.false(await sweep(5000, 5000));
  t.false(await sweep(4000 * DAY, 5000), 'the clock is ahead by eleven years');
  t.false(await sweep(1_800_000, 1_800_000));
  t.false(await sweep(-4000 * DAY, 5000), 'set right');
  t.false(await sweep(4_000_000, 4_000_000));
  t.true(await sweep(31 * DAY, 31 * DAY), 'the days have passed');
});

test('a server that starts with a clock far ahead of the last one that was seen erases nothing for an hour', async (t) => {
  const clock = new Clock();
  const { core } = await startServerFor(t, { env: { RETENTION_DAYS: '30' }, clock });
  const { ClockWatch } = await import('../../lib/retention/clock-watch.ts');
  let elapsed = 0;
  const watch = () => new ClockWatch(core, () => elapsed);
  t.true(await watch().isTrusted());
  clock.turn(20 * 3_600_000);
  t.true(await watch().isTrusted(), 'off for less than a day');
  clock.turn(3 * DAY);
  const later = watch();
  t.false(await later.isTrusted());
  clock.turn(1_800_000);
  elapsed += 1_800_000;
  t.false(await later.isTrusted());
  clock.turn(1_900_000);
  elapsed += 1_900_000;
  t.true(await later.isTrusted());
});
