import test from 'ava';
import type { Resolve } from '../../lib/outbound/name-lookup.ts';
import { addressesOf, DestinationRefused, isPublic, parseTarget } from '../../lib/outbound/ssrf-guard.ts';
import { openFixture } from '../webhooks/outgoing/fixtures.ts';

const PRIVATE = [
  ...[
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
  ],
  ...['192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.7', '203.0.113.7'],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '100::1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.1.2.3', '::ffff:a9fe:a9fe', '::127.0.0.1', '::7f00:1', '::10.0.0.1'],
  ...[
    '::ffff:0:127.0.0.1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::8.8.8.8',
    '64:ff9b:1::1',
  ],
  ...[
    '2002:7f00:1::',
    '2002:808:808::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '3fff::1',
  ],
  ...['', 'localhost', 'nonsense', '1.2.3', '1.2.3.4.5', '8.8.8.8/8'],
];
const PUBLIC = [
  '8.8.8.8',
  '1.1.1.1',
  '93.184.215.14',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '192.167.1.1',
  '198.20.0.1',
  '2606:4700::1111',
  '2a00:1450::8',
];
const WRAPPED_PUBLIC = ['64:ff9b::808:808', '64:ff9b::8.8.8.8', '::ffff:8.8.8.8', '::ffff:808:808'];

test('ssrf guard: every non-public address is recognized in each of its forms', async (t) => {
  for (const address of PRIVATE) t.false(await isPublic(address), address);
  for (const address of [...PUBLIC, ...WRAPPED_PUBLIC]) t.true(await isPublic(address), address);
});

const nobody = { allowOutgoing: [] };
const never: Resolve = () => Promise.reject(new Error('no name may be looked up here'));
const refused =
  (url: string, allowOutgoing: readonly string[] = [], resolve = never) =>
  async (): Promise<unknown> =>
    addressesOf(parseTarget(url), { allowOutgoing }, { resolve });

test('ssrf guard: an address in a URL is parsed as the connection parses it', async (t) => {
  const hosts = [
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '127.1',
    '127.0.1',
    '0',
    '0x0',
    '3232235777',
    '0xc0a80101',
  ];
  const wide = ['[::1]', '[::ffff:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:1]', '[fe80::1]', '１２７.0.0.1', '127。0。0。1', '127.0.0.1.'];
  for (const host of [...hosts, ...wide]) await t.throwsAsync(refused(`http://${host}/`), { instanceOf: DestinationRefused }, host);
  for (const host of ['8.8.8.8', '134744072', '0x08080808', '[64:ff9b::808:808]'])
    t.is((await addressesOf(parseTarget(`http://${host}/`), nobody, { resolve: never })).length, 1, host);
});

test('ssrf guard: only http and https, without credentials', (t) => {
  for (const url of ['ftp://x/', 'file:///etc/passwd', 'gopher://x/', 'javascript:1', 'x', '', '//x/', `https://x/${'y'.repeat(2000)}`])
    t.throws(() => parseTarget(url), { instanceOf: DestinationRefused }, url.slice(0, 30));
  for (const url of ['http://user@x/', 'http://user:word@x/', 'http://:word@x/', 'https://8.8.8.8@127.0.0.1/'])
    t.throws(() => parseTarget(url), { instanceOf: DestinationRefused }, url);
  t.is(parseTarget('https://x.example/a?b#c').href, 'https://x.example/a?b');
});

const as =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

test('ssrf guard: a name with one non-public address is refused', async (t) => {
  await t.throwsAsync(refused('http://x.example/', [], as('8.8.8.8', '10.0.0.1')), { message: /10\.0\.0\.1.*ALLOW_OUTGOING/ });
  await t.throwsAsync(refused('http://x.example/', [], as('2606:4700::1111', '::ffff:192.168.0.1')), { instanceOf: DestinationRefused });
  await t.throwsAsync(refused('http://x.example/', [], as()), { instanceOf: DestinationRefused });
  t.deepEqual(await addressesOf(parseTarget('http://x.example/'), nobody, { resolve: as('8.8.8.8', '1.1.1.1') }), [
    { address: '8.8.8.8', family: 4 },
    { address: '1.1.1.1', family: 4 },
  ]);
});

test('ssrf guard: ALLOW_OUTGOING allows hosts by name and networks', async (t) => {
  const ok = async (url: string, allowed: string[], ...addresses: string[]): Promise<boolean> =>
    (await addressesOf(parseTarget(url), { allowOutgoing: allowed }, { resolve: as(...addresses) })).length === addresses.length;
  t.true(await ok('http://ci.internal/', ['other', 'CI.internal'], '10.0.0.1', '127.0.0.1'));
  t.true(await ok('http://ci.internal./', ['ci.internal'], '10.0.0.1'));
  t.true(await ok('http://bücher.internal/', ['BÜCHER.internal'], '10.0.0.1'));
  t.true(await ok('http://x/', ['10.0.0.0/8'], '10.1.2.3', '8.8.8.8'));
  t.true(await ok('http://x/', ['10.0.0.0/8'], '::ffff:10.1.2.3'));
  t.true(await ok('http://x/', ['fd00::/8', '127.0.0.1'], 'fd12::1', '127.0.0.1'));
  t.true(await ok('http://127.0.0.1/', ['127.0.0.1'], '127.0.0.1'));
  for (const [allowed, address] of [
    ['10.0.0.0/8', '192.168.0.1'],
    ['127.0.0.1', '127.0.0.2'],
    ['::1', '127.0.0.1'],
    ['internal', '10.0.0.1'],
    ['0.0.0.0/0', '::1'],
    ['127.0.0.0/8', '::1'],
  ] as const)
    await t.throwsAsync(refused('http://ci.internal/', [allowed], as(address)), { instanceOf: DestinationRefused }, allowed);
});

test('ssrf guard: a refused delivery fails with the reason, is not retried, and connects to nothing', async (t) => {
  const fixture = await openFixture(t, { env: { ALLOW_OUTGOING: '10.0.0.0/8' }, resolve: as('8.8.8.8', '127.0.0.1') });
  const echo = await fixture.bot('Echo', { url: 'http://bots.example.org/' });
  await fixture.postText('@Echo hello');
  await fixture.settled();
  const [delivery] = await fixture.deliveries(echo);
  t.like(delivery, { state: 'failed', attempts: [{ status: null }] });
  t.regex(delivery?.reason ?? '', /bots\.example\.org is not a public address \(127\.0\.0\.1\)/);
  t.deepEqual(echo.receiver.received, []);
});

test('ssrf guard: a name is resolved once, and the checked address is connected to', async (t) => {
  let asked = 0;
  const rebinding: Resolve = async () => {
    asked += 1;
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const fixture = await openFixture(t, { resolve: rebinding });
  const echo = await fixture.bot('Echo');
  const { setWebhook } = await import('../../lib/webhooks/outgoing/operations.ts');
  const { port } = new URL(echo.receiver.url);
  await setWebhook(fixture.core, echo.user, { url: `http://nowhere.invalid:${port}/bot` });
  await fixture.postText('@Echo hello');
  const { headers } = await echo.receiver.call(1);
  t.is(headers.host, `nowhere.invalid:${port}`, 'which no resolver of this machine knows');
  t.is(asked, 1);
});

test('ssrf guard: a delivery to a name that cannot be resolved is retried', async (t) => {
  const fixture = await openFixture(t, { resolve: () => Promise.reject(new Error('getaddrinfo ENOTFOUND bots.example.org')) });
  const echo = await fixture.bot('Echo', { url: 'http://bots.example.org/' });
  await fixture.postText('@Echo hello');
  await fixture.settled();
  t.like(await fixture.deliveries(echo), [{ state: 'waiting', attempts: [{ error: 'getaddrinfo ENOTFOUND bots.example.org' }] }]);
});
