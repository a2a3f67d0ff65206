import test from 'ava';
import * as accounts from '../../lib/accounts/operations.ts';
import { createToken } from '../../lib/accounts/tokens.ts';
import { labelOf } from '../../lib/http/user-agent.ts';
import { removeDevice } from '../../lib/push/operations.ts';
import type { Client } from '../helpers/client.ts';
import { PushService } from '../helpers/push-service.ts';
import { PASSWORD } from '../helpers/server.ts';
import { devicesOf, openPushSite, type PushSite } from './site.ts';

/** The number of Bob's devices in the store. */
const count = async ({ core, bobUser }: PushSite): Promise<number> => (await core.store.push.ofUser(bobUser.id)).length;

async function again(site: PushSite, name: string): Promise<Client> {
  const client = site.client();
  await client.form('/login', { name, password: PASSWORD });
  return client;
}

test('devices: a device is removed if its push service answers 404 or 410, and kept after other failures', async (t) => {
  const site = await openPushSite(t);
  for (const status of [404, 410]) {
    const device = await site.device(site.bob);
    device.answer = status;
    await site.postText(site.ann, '@Bob?');
    t.is(await count(site), 0, String(status));
    await site.postText(site.ann, '@Bob??');
    t.is(device.got.length, 1);
  }
  const device = await site.device(site.bob);
  for (const status of [500, 429, 403, 301]) {
    device.answer = status;
    await site.postText(site.ann, '@Bob!');
  }
  t.is((await devicesOf(site.bob)).devices[0]?.failures, 4);
  device.answer = 201;
  await site.postText(site.ann, '@Bob.');
  t.like((await devicesOf(site.bob)).devices[0], { failures: 0, last_ok_at: new Date(site.clock.now()).toISOString() });
});

const ENDS: Readonly<Record<string, (site: PushSite) => Promise<unknown>>> = {
  'logging out there': ({ bob }) => bob.form('/logout', {}),
  'logging out everywhere': ({ bob }) => bob.form('/settings/logout-everywhere', {}),
  'a new password, set elsewhere': async (site) =>
    (await again(site, 'Bob')).form('/settings/password', { current: PASSWORD, password: 'another horse' }),
  'being disabled': ({ core, annUser, bobUser }) => accounts.setDisabled(core, annUser.id, bobUser, true),
  'removing it': async ({ core, bobUser }) => {
    for (const { id } of await core.store.push.ofUser(bobUser.id)) await removeDevice(core, bobUser.id, id);
  },
};
for (const [what, end] of Object.entries(ENDS))
  test(`${what} ends notifications to a device`, async (t) => {
    const site = await openPushSite(t);
    const device = await site.device(site.bob);
    await site.postText(site.ann, '@Bob, before');
    await end(site);
    t.is(await count(site), 0);
    await site.postText(site.ann, '@Bob, after');
    t.deepEqual(device.bodies, ['@Bob, before']);
  });

test('devices: an expired session or leaving the group ends notifications; other devices still get them', async (t) => {
  const site = await openPushSite(t);
  const [first, bob] = [await site.device(site.bob), await again(site, 'Bob')];
  site.clock.turn(13 * 86_400_000);
  const second = await site.device(bob);
  await bob.get('/groups');
  site.clock.turn(2 * 86_400_000);
  const ann = await again(site, 'Ann');
  await site.postText(ann, '@Bob, two weeks later');
  t.deepEqual([first.bodies, second.bodies], [[], ['@Bob, two weeks later']]);
  t.is(await count(site), 1, 'the one without a session is forgotten');
  await bob.json('POST', '/groups/lobby/members', { action: 'leave' });
  await site.postText(ann, 'about @Bob');
  t.is(second.got.length, 1);
});

test('devices: another user of the same browser takes over the device', async (t) => {
  const site = await openPushSite(t);
  const device = await site.device(site.bob);
  t.is((await site.ann.json('POST', '/settings/push', device.subscription)).status, 201);
  await site.postText(site.ann, '@Bob');
  await site.postText(site.bob, '@Ann');
  t.deepEqual(device.bodies, ['@Ann']);
});

test('devices: a browser can remove its own device by endpoint, and no others', async (t) => {
  const site = await openPushSite(t);
  const { subscription } = await site.device(site.bob);
  const { endpoint } = subscription;
  t.is((await site.ann.json('DELETE', '/settings/push', { endpoint })).status, 404);
  t.is((await site.bob.json('DELETE', '/settings/push', { endpoint })).status, 204);
  t.is((await site.bob.json('DELETE', '/settings/push', { endpoint })).status, 404);
  t.is(await count(site), 0);
});

test('devices: an invalid subscription or a forbidden destination is refused', async (t) => {
  const site = await openPushSite(t);
  const { subscription } = site.service.device();
  const post = async (change: object) => (await site.bob.json('POST', '/settings/push', { ...subscription, ...change })).status;
  const { keys } = subscription;
  const offCurve = Buffer.alloc(65, 7).fill(4, 0, 1).toString('base64url');
  for (const odd of [
    { endpoint: 'http://push.example.org/x' },
    { endpoint: 'https://10.0.0.1/x' },
    { endpoint: 'https://[::1]/x' },
    { endpoint: 'https://169.254.169.254/x' },
    { endpoint: 'http://127.0.0.2/x' },
    { endpoint: 'https://user:word@push.example.org/x' },
    { endpoint: `https://push.example.org/${'x'.repeat(1000)}` },
    { endpoint: 'file:///etc/passwd' },
    { endpoint: 7 },
    { keys: { ...keys, auth: 'short' } },
    { keys: { ...keys, p256dh: offCurve } },
    { keys: {} },
    { keys: undefined },
  ])
    t.true([400, 422].includes(await post(odd)), JSON.stringify(odd));
  t.is(await post({}), 201, 'the one that is right');
  t.is(await post({ expirationTime: null }), 201, 'as browsers say it');
});

test('devices: tokens, other sites and visitors cannot add a device', async (t) => {
  const site = await openPushSite(t);
  const { subscription } = site.service.device();
  const { token } = await createToken(site.core, site.bobUser);
  t.is((await site.client().bearer(token).json('POST', '/settings/push', subscription)).status, 403);
  t.is((await site.client().json('POST', '/settings/push', subscription)).status, 401);
  t.is((await site.bob.json('POST', '/settings/push', subscription, { Origin: 'https://evil.example' })).status, 403);
  t.is((await site.bob.json('POST', '/settings/push', subscription)).status, 201);
});

test('devices: a host name that resolves to a private address is not called', async (t) => {
  const inside = await PushService.open(t);
  const site = await openPushSite(t, { env: { ALLOW_OUTGOING: '' }, resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
  const { subscription } = inside.device();
  const endpoint = subscription.endpoint.replace('http://127.0.0.1', 'https://push.example.org');
  t.is((await site.bob.json('POST', '/settings/push', { ...subscription, endpoint })).status, 201);
  await site.postText(site.ann, '@Bob');
  t.is((await devicesOf(site.bob)).devices[0]?.failures, 1);
  t.is(inside.asked, 0);
});

test('devices: beyond the limit per person, the device reached least recently is removed', async (t) => {
  const site = await openPushSite(t);
  const devices = [];
  for (let index = 0; index < 20; index += 1) {
    devices.push(await site.device(site.bob));
    site.clock.turn(60_000);
  }
  await site.postText(site.ann, '@Bob: all');
  t.true(devices.every(({ bodies }) => bodies.length === 1));
  site.clock.turn(1000);
  if (devices[0]) devices[0].answer = 500;
  await site.postText(site.ann, '@Bob: all but one');
  const newest = await site.device(site.bob);
  await site.postText(site.ann, '@Bob: twenty');
  t.is(await count(site), 20);
  t.deepEqual(newest.bodies, ['@Bob: twenty']);
  t.is(devices[0]?.got.length, 2);
});

test('devices: a person lists, tests and removes devices with forms only', async (t) => {
  const site = await openPushSite(t);
  t.regex((await site.bob.get('/settings')).text, /<noscript>.*need JavaScript/);
  const device = await site.device(site.bob);
  const [listed] = (await devicesOf(site.bob)).devices;
  const page = (await site.bob.get('/settings')).text;
  t.true(page.includes(`data-device="${listed?.id}"`));
  t.regex(page, /not reached yet/);
  t.false(page.includes(device.subscription.endpoint) || page.includes(device.subscription.keys.auth), 'no secrets on the page');
  const act = (action: string, who = site.bob) => who.form(`/settings/push/${listed?.id}`, { action });
  t.is((await act('test', site.ann)).status, 404);
  t.is((await act('test')).headers.get('location'), '/settings#notifications');
  t.deepEqual(device.bodies, ['Notifications reach this device.']);
  t.regex((await site.bob.get('/settings')).text, /Test notification sent/);
  t.is((await act('remove', site.ann)).status, 404);
  t.is((await act('remove')).status, 303);
  t.false((await site.bob.get('/settings')).text.includes('data-device'));
});

test('devices: the store has no endpoint or key in plain text, and the keys of the server do not change', async (t) => {
  const site = await openPushSite(t);
  const { subscription } = await site.device(site.bob);
  const [device] = await site.core.store.push.ofUser(site.bobUser.id);
  const kept = JSON.stringify([device, await site.core.store.settings.get('push-keys')]);
  for (const secret of [new URL(subscription.endpoint).pathname, subscription.keys.auth, subscription.keys.p256dh])
    t.false(kept.includes(secret));
  t.is((await devicesOf(site.bob)).key, (await devicesOf(site.ann)).key);
});

const AGENTS: readonly (readonly [string, string])[] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36', 'Chrome on Android'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Safari/604.1',
    'Safari on iPhone',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Safari/605.1', 'Safari on Mac'],
  ['<script>alert(1)</script>', 'A browser'],
];
for (const [agent, label] of AGENTS) test(`a User-Agent is labelled ${label}`, (t) => t.is(labelOf(agent), label));
