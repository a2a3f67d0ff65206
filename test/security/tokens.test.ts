import test, { type ExecutionContext } from 'ava';
import { createToken } from '../../lib/accounts/tokens.ts';
import { parley } from '../cli/cli.ts';
import type { Client } from '../helpers/client.ts';
import { newGroup, newHook, openLobby, userNamed } from '../helpers/fixtures.ts';
import { PASSWORD } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, requireOrSkip } from '../helpers/services.ts';
import { EventReader } from '../helpers/stream.ts';

const mongo = await mongoService();
test.after.always(async () => {
  if (!isMissing(mongo)) await mongo.stop();
});
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

/** Bob with an API token and a stream by it, a bot of Bob's, and Ann with a token. */
async function openTokens(t: ExecutionContext, env: Record<string, string>) {
  const site = await openLobby(t, { env, heartbeatMs: 500 });
  const [bobUser, annUser] = [await userNamed(site.core, 'Bob'), await userNamed(site.core, 'Ann')];
  const program = site.client().bearer((await createToken(site.core, bobUser)).token);
  const annProgram = site.client().bearer((await createToken(site.core, annUser)).token);
  const hook = await newHook(site.bob, 'Echo', `/groups/${await newGroup(site.bob, 'Kitchen')}`);
  const stream = await EventReader.open(program, '/groups/lobby/events?as=json');
  t.teardown(() => stream.close());
  const statusOf = async (client: Client): Promise<number> => (await client.get('/me', 'application/json')).status;
  const statuses = async () => ({
    bob: await statusOf(program),
    ann: await statusOf(annProgram),
    bot: (await site.client().json('POST', hook, { text: 'hi' })).status,
  });
  return { ...site, env, bobUser, stream, statuses };
}

const WORKING = { bob: 200, ann: 200, bot: 200 };
const ENDED = { ...WORKING, bob: 401 };
const NEW = 'another good password';

for (const [store, register, env] of STORES) {
  const ways: [
    what: string,
    act: (site: Awaited<ReturnType<typeof openTokens>>) => Promise<{ readonly status: number | null }>,
    by: number,
  ][] = [
    ['a changed password', ({ bob }) => bob.form('/settings/password', { current: PASSWORD, password: NEW }), 303],
    ['Log out everywhere', ({ bob }) => bob.form('/settings/logout-everywhere', {}), 303],
    ['parley user passwd', (site) => parley({ DATA_DIR: site.core.config.dataDir, ...site.env }, ['user', 'passwd', 'Bob'], `${NEW}\n`), 0],
  ];
  for (const [what, act, status] of ways)
    register.serial(
      `${store}: ${what} ends the API tokens of that person and their streams, not those of others and of bots`,
      async (t) => {
        const site = await openTokens(t, env());
        t.deepEqual(await site.statuses(), WORKING);
        t.is((await act(site)).status, status);
        t.is((await site.stream.ended()).at(-1)?.event, 'closed');
        t.deepEqual(await site.statuses(), ENDED);
        t.deepEqual(await site.core.store.tokens.listOf(site.bobUser.id), []);
      },
    );

  for (const [what, act] of ways.slice(0, 2))
    register.serial(`${store}: the tick keeps the tokens at ${what}, and a wrong password ends nothing`, async (t) => {
      const site = await openTokens(t, env());
      const { bob, stream, bobUser, core } = site;
      t.true((await bob.get('/settings')).text.includes('name="keep_tokens" value="1"> Keep my API tokens'));
      const refused = await bob.form('/settings/password', { current: 'wrong one', password: NEW, keep_tokens: '1' });
      t.is(refused.status, 422);
      t.true(refused.text.includes('name="keep_tokens" value="1" checked>'), 'the tick is kept');
      const keeping: Client = Object.assign(Object.create(bob) as Client, {
        form: (path: string, fields: Record<string, string>) => bob.form(path, { ...fields, keep_tokens: '1' }),
      });
      t.is((await act({ ...site, bob: keeping })).status, 303);
      t.deepEqual(await site.statuses(), WORKING);
      await core.appender.idle();
      t.false(stream.events.some(({ event }) => event === 'closed'));
      t.is((await core.store.tokens.listOf(bobUser.id)).length, 1);
    });
}

test('without tokens the form offers no tick', async (t) => {
  const { bob } = await openLobby(t);
  t.false((await bob.get('/settings')).text.includes('keep_tokens'));
});
