import test from 'ava';
import { makeWorld } from '../../../fixtures/world.ts';
import { done, parley, refused } from '../../cli/cli.ts';
import { Receiver } from '../../helpers/receiver.ts';
import { startServerFor } from '../../helpers/server.ts';

test('cli: a webhook set beside a running server is called from the next message on', async (t) => {
  const site = await startServerFor(t, { env: { ALLOW_OUTGOING: '127.0.0.1' } });
  await makeWorld(site.core);
  const settings = { DATA_DIR: site.core.config.dataDir, ALLOW_OUTGOING: '127.0.0.1' };
  const receiver = await Receiver.open(t);
  const bot = (...args: string[]) => parley(settings, ['bot', ...args, '--json']);
  done(t, await bot('create', 'Deploys', '--group', 'field-team'), 'id', 'name', 'hook', 'token', 'campfire');

  refused(t, await bot('webhook', 'Deploys'), /has no webhook yet/);
  refused(t, await bot('webhook', 'Deploys', 'http://10.0.0.1/'), /is not a public address/);
  const wrong = await bot('webhook', 'Deploys', receiver.url, '--on', 'never');
  t.deepEqual([wrong.status, wrong.out], [2, '']);
  t.regex(wrong.err, /option '--on <what>' is invalid\. It must be one of mention, all, keyword/);
  refused(t, await bot('webhook', 'Nobody', receiver.url), /no bot named Nobody/);
  const fields = ['id', 'name', 'url', 'on', 'keywords', 'events', 'disabled'];
  const made = done(t, await bot('webhook', 'deploys', receiver.url), ...fields, 'secret');
  t.regex(String(made.secret), /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.like(made, { name: 'Deploys', url: receiver.url, on: 'mention', events: ['posted'], disabled: null });
  const changed = done(
    t,
    await bot('webhook', 'Deploys', '--on', 'keyword', '--keyword', 'ship it', '--keyword', 'deploy', '--events', 'posted, left'),
    ...fields,
  );
  t.like(changed, { url: receiver.url, on: 'keyword', keywords: ['ship it', 'deploy'], events: ['posted', 'left'] });
  const rotated = done(t, await bot('webhook', 'Deploys', '--rotate'), ...fields, 'secret');
  t.not(rotated.secret, made.secret);
  done(t, await bot('webhook', 'Deploys'), ...fields);

  done(t, await parley(settings, ['post', 'field-team', 'please ship it', '--as', 'ann', '--json']), 'seq', 'url');
  const { headers } = await receiver.call(1);
  t.is(headers['webhook-signature']?.split(' ').length, 2);
  await site.server.deliveries.idle();
  const listed = await bot('deliveries', 'Deploys');
  t.like(listed.rows(), [{ event: 'posted', group: 'field-team', state: 'done', attempts: 1, status: 204, id: headers['webhook-id'] }]);
  t.regex((await parley(settings, ['bot', 'deliveries', 'Deploys'])).out, /posted +field-team .* done/);

  const id = String(headers['webhook-id']);
  refused(t, await bot('replay', 'Deploys', 'msg_none'), /no such delivery/);
  refused(t, await bot('replay', 'Deploys'), /their ids, or give --failed/);
  t.deepEqual((await bot('replay', 'Deploys', '--failed')).rows(), []);
  const settled = async (): Promise<void> => {
    site.clock.turn(Date.now() - site.clock.now()); // deliveries are due by the system clock, which the command line uses
    site.server.deliveries.wake();
    await site.server.deliveries.idle();
  };
  t.like((await bot('replay', 'Deploys', id)).rows(), [{ id, state: 'waiting', attempts: 1 }]);
  await settled();
  t.is((await receiver.call(2)).headers['webhook-id'], id);
  t.is((await site.core.store.deliveries.byId(id))?.state, 'done');
  const lost = { id: 'msg_lost', state: 'dropped', reason: 'The webhook is disabled.', attempts: [], tries: 0 } as const;
  const stored = await site.core.store.deliveries.byId(id);
  if (stored) await site.core.store.deliveries.insert([{ ...stored, ...lost }]);
  t.like((await bot('replay', 'Deploys', '--failed')).rows(), [{ id: 'msg_lost', state: 'waiting' }]);
  await settled();
  t.is((await receiver.call(3)).headers['webhook-id'], 'msg_lost');
  t.is((await bot('webhook', 'Deploys', '--off')).rows()[0]?.removed, true);
  t.is((await bot('webhook', 'Deploys', '--off')).rows()[0]?.removed, false);
});
