import test from 'ava';
import { startServerFor } from '../helpers/server.ts';
import { parley } from './cli.ts';

test('CLI: programs are added, listed and removed; a secret is shown once', async (t) => {
  const { core } = await startServerFor(t);
  const run = (...args: string[]) => parley({ DATA_DIR: core.config.dataDir }, ['--json', 'oauth', 'client', ...args]);
  const uris = ['https://agent.example/back', 'http://127.0.0.1/cb'];
  const [added] = (await run('add', 'Agent', '--redirect', ...uris)).rows();
  t.like(added, { name: 'Agent', redirect_uris: uris });
  t.false('client_secret' in (added ?? {}));
  const [second] = (await run('add', 'Hosted', '--redirect', uris[0] ?? '', '--secret')).rows();
  t.regex(String(second?.client_secret), /^[A-Za-z0-9]{40}$/);
  const listed = await run('list');
  t.deepEqual(
    listed.rows().map(({ client_id, name, secret }) => [client_id, name, secret]),
    [
      [added?.client_id, 'Agent', false],
      [second?.client_id, 'Hosted', true],
    ],
  );
  t.false(listed.out.includes(String(second?.client_secret)));
  const refused = await run('add', 'Agent', '--redirect', 'http://agent.example/');
  t.is(refused.status, 2);
  t.like(JSON.parse(refused.err), { code: 'invalid', field: 'redirect' });
  t.is((await run('add', 'Agent')).status, 2, 'without an address');
  t.like((await run('remove', String(added?.client_id))).rows()[0], { name: 'Agent', removed: true });
  t.is((await run('remove', String(added?.client_id))).status, 1);
  t.is((await run('list')).rows().length, 1);
  t.is((await core.store.oauthClients.listAdded(10)).length, 1, 'the server sees it');
});
