import test from 'ava';
import { MAX_AT_ONCE, MAX_PER_SERVICE, SendQueue } from '../../lib/push/send-queue.ts';
import { PushService } from '../helpers/push-service.ts';
import { openPushSite } from './site.ts';

test('slow push service: it delays neither posts nor other push services', async (t) => {
  const site = await openPushSite(t, { pushWithinMs: 60_000 });
  const good = await PushService.open(t);
  for (let index = 0; index < 10; index += 1) (await site.device(site.bob)).answer = 'silence';
  const device = await site.device(site.bob, good);
  const post = async (body: string) => t.is((await site.ann.json('POST', '/groups/lobby/messages', { body })).status, 201);
  await post('@Bob');
  await good.until(() => device.got.length === 1);
  await site.service.until(() => site.service.asked === MAX_PER_SERVICE);
  await post('@Bob again');
  await good.until(() => device.got.length === 2);
  t.is(site.service.asked, MAX_PER_SERVICE);
  await site.server.pusher.stop();
});

test('slow push service: an unanswered request fails after its timeout, and the next is sent', async (t) => {
  const site = await openPushSite(t, { pushWithinMs: 2000 });
  const device = await site.device(site.bob, await PushService.open(t));
  for (let index = 0; index < 10; index += 1) (await site.device(site.bob)).answer = 'silence';
  await site.ann.json('POST', '/groups/lobby/messages', { body: '@Bob' });
  await site.service.until(() => site.service.asked === 10);
  await site.server.pusher.idle();
  t.is(device.got.length, 1);
  const known = await site.core.store.push.ofUser(site.bobUser.id);
  t.deepEqual(known.map(({ failures }) => failures).sort(), [0, ...Array.from({ length: 10 }, () => 1)]);
  t.like(site.core.meters.pushes, { sent: 1, failed: 10, dropped: 0 });
});

test('slow push service: a stopping server aborts pending requests', async (t) => {
  const site = await openPushSite(t, { pushWithinMs: 60_000 });
  const device = await site.device(site.bob);
  device.answer = 'silence';
  await site.ann.json('POST', '/groups/lobby/messages', { body: '@Bob' });
  await site.service.until(() => device.got.length === 1);
  await site.server.pusher.stop();
  await site.ann.json('POST', '/groups/lobby/messages', { body: '@Bob again' });
  await site.server.pusher.idle();
  t.is(device.got.length, 1);
});

test('send queue: when full, the oldest is dropped; concurrency is limited', async (t) => {
  let dropped = 0;
  const line = new SendQueue(3, () => {
    dropped += 1;
  });
  const gate = Promise.withResolvers<void>();
  const ran: number[] = [];
  const add = (number: number, service: string): void =>
    line.add({
      service,
      user: `user ${number}`,
      run: async () => {
        ran.push(number);
        await gate.promise;
      },
    });
  for (let number = 1; number <= MAX_AT_ONCE; number += 1) add(number, `service ${number}`);
  for (let number = 11; number <= 15; number += 1) add(number, 'another');
  t.is(ran.length, MAX_AT_ONCE);
  t.is(dropped, 2);
  gate.resolve();
  await line.idle();
  t.deepEqual(ran.slice(MAX_AT_ONCE), [13, 14, 15]);
});

test('push: without devices, a message causes no reads of the store', async (t) => {
  const site = await openPushSite(t);
  await site.postText(site.ann, 'warm');
  const [{ push }, { presence }] = [site.core.store, site.core.bus];
  const list = presence.list;
  let asked = 0;
  Object.assign(presence, {
    list: (...args: Parameters<typeof list>) => {
      asked += 1;
      return list(...args);
    },
  });
  t.false(await push.any());
  await site.post(...Array.from({ length: 300 }, (_, index) => `@Bob ${index}`));
  await site.server.pusher.idle();
  t.is(asked, 0);
  const device = await site.device(site.bob);
  await site.postText(site.ann, '@Bob');
  t.is(asked, 1);
  t.is(device.got.length, 1);
});
