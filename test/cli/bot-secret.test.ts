import test from 'ava';
import { makeWorld } from '../../fixtures/world.ts';
import { sign } from '../../lib/webhooks/signing.ts';
import { startServerFor } from '../helpers/server.ts';
import { done, parley, refused } from './cli.ts';

test('bot secret: a webhook accepts requests signed with its secret, which is changed while a server runs', async (t) => {
  const site = await startServerFor(t);
  await makeWorld(site.core);
  const settings = { DATA_DIR: site.core.config.dataDir };
  const made = done(
    t,
    await parley(settings, ['bot', 'create', 'Deploys', '--group', 'field-team', '--secret', '--json']),
    ...['id', 'name', 'hook', 'token', 'campfire', 'secret'],
  );
  const first = String(made.secret);
  t.regex(first, /^whsec_[A-Za-z0-9+/]{43}=$/);
  let deliveries = 0;
  const post = async (secret?: string): Promise<number> => {
    deliveries += 1;
    const headers = secret === undefined ? {} : sign([secret], `msg_${deliveries}`, Math.floor(site.clock.now() / 1000), 'hello');
    return (await site.client().send(String(made.hook), { method: 'POST', body: 'hello', headers })).status;
  };
  t.deepEqual([await post(first), await post()], [200, 403]);

  const changed = done(t, await parley(settings, ['bot', 'secret', 'deploys', '--json']), 'id', 'name', 'secret', 'secrets');
  const second = String(changed.secret);
  t.is(changed.secrets, 2);
  t.deepEqual([await post(first), await post(second), await post()], [200, 200, 403]);
  const third = String(done(t, await parley(settings, ['bot', 'secret', 'deploys', '--json']), 'id', 'name', 'secret', 'secrets').secret);
  t.deepEqual([await post(first), await post(second), await post(third)], [403, 200, 200]);

  const given = await parley(settings, ['bot', 'secret', 'Deploys', '--stdin', '--json'], 'the secret is none\n');
  refused(t, given, /16 to 200 visible ASCII characters/);
  done(
    t,
    await parley(settings, ['bot', 'secret', 'Deploys', '--stdin', '--json'], 'the-secret-of-a-forge\n'),
    'id',
    'name',
    'secret',
    'secrets',
  );
  t.deepEqual([await post(third), await post('the-secret-of-a-forge')], [403, 200]);
  refused(t, await parley(settings, ['bot', 'secret', 'Deploys', '--stdin']), /contains no secret/);
  t.is((await parley(settings, ['bot', 'secret', 'Deploys', '--off'])).status, 0);
  t.deepEqual([await post()], [200]);
});
