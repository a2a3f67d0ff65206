import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type LookupOptions, nameLookup } from '../../lib/outbound/name-lookup.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { NameServer, type Zone } from '../helpers/name-server.ts';
import { openFixture } from '../webhooks/outgoing/fixtures.ts';

/** Files for one test; without a text the file does not exist. */
async function systemFiles(t: ExecutionContext, { hosts = '', resolvConf = '' }): Promise<LookupOptions> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-names-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const files = { hostsFile: join(folder, 'hosts'), resolvConf: join(folder, 'resolv.conf') };
  if (hosts) await writeFile(files.hostsFile, hosts);
  if (resolvConf) await writeFile(files.resolvConf, resolvConf);
  return files;
}

async function lookupIn(t: ExecutionContext, zone: Zone, texts = {}, more: LookupOptions = {}) {
  const server = await NameServer.open(t, zone);
  const resolve = nameLookup({ ...(await systemFiles(t, texts)), servers: [server.address], ...more });
  const { signal } = new AbortController();
  return { server, found: async (host: string) => (await resolve(host, signal)).map(({ address, family }) => `${family} ${address}`) };
}

test('name lookup: all addresses of a name, IPv4 and IPv6', async (t) => {
  const { found, server } = await lookupIn(t, {
    'bots.example': ['192.0.2.1', '2001:db8:0:0:0:0:0:1', '192.0.2.2'],
    'six.example': ['2001:db8:0:0:0:0:0:2'],
  });
  t.deepEqual(await found('Bots.Example'), ['4 192.0.2.1', '4 192.0.2.2', '6 2001:db8::1']);
  t.deepEqual(await found('six.example'), ['6 2001:db8::2']);
  await t.throwsAsync(found('none.example'), { message: 'none.example has no address (ENOTFOUND).' });
  t.deepEqual([...new Set(server.asked)], ['bots.example', 'six.example', 'none.example']);
});

test('name lookup: the hosts file comes first, and localhost needs no entry', async (t) => {
  const hosts = '# local names\n10.0.0.7\tci.internal  ci # the build server\nfd00::7 ci\nnot-an-address ci\n';
  const { found, server } = await lookupIn(t, { 'ci.internal': ['192.0.2.9'], other: ['192.0.2.1'] }, { hosts });
  t.deepEqual(await found('ci.internal'), ['4 10.0.0.7']);
  t.deepEqual(await found('CI'), ['4 10.0.0.7', '6 fd00::7']);
  t.deepEqual(await found('bot.localhost'), ['4 127.0.0.1', '6 ::1']);
  t.deepEqual(server.asked, []);
  t.deepEqual(await found('other'), ['4 192.0.2.1']);
});

test('name lookup: the search list of resolv.conf is used', async (t) => {
  const resolvConf = 'nameserver 192.0.2.53\nsearch default.svc.cluster.local cluster.local\noptions ndots:5\n';
  const zone = { 'bot.default.svc.cluster.local': ['10.1.0.1'], 'bots.example.org': ['192.0.2.1'] };
  const { found, server } = await lookupIn(t, zone, { resolvConf });
  t.deepEqual(await found('bot'), ['4 10.1.0.1']);
  t.deepEqual(await found('bots.example.org'), ['4 192.0.2.1']);
  t.true(server.asked.includes('bots.example.org.default.svc.cluster.local'));
  server.asked.length = 0;
  t.deepEqual(await found('bots.example.org.'), ['4 192.0.2.1']);
  t.deepEqual([...new Set(server.asked)], ['bots.example.org']);
});

test('name lookup: a query without a response ends at the time limit', async (t) => {
  const { found } = await lookupIn(t, { 'dead.example': 'silence' }, {}, { timeoutMs: 100 });
  await t.throwsAsync(found('dead.example'), { message: 'dead.example could not be resolved (ETIMEOUT).' });
});

test('name lookup: an abort signal ends it', async (t) => {
  const server = await NameServer.open(t, { 'dead.example': 'silence' });
  const stop = new AbortController();
  const looked = nameLookup({ ...(await systemFiles(t, {})), servers: [server.address], timeoutMs: 60_000 })('dead.example', stop.signal);
  await server.until(() => server.asked.length > 0);
  stop.abort();
  await t.throwsAsync(looked, { message: /ETIMEOUT/ });
});

test('name lookup: deliveries to names that never resolve do not delay other deliveries', async (t) => {
  const dead = Array.from({ length: 20 }, (_, index) => `dead-${index}.example`);
  const server = await NameServer.open(t, { ...Object.fromEntries(dead.map((name) => [name, 'silence'])), 'alive.example': ['127.0.0.1'] });
  const resolve = nameLookup({ ...(await systemFiles(t, {})), servers: [server.address], timeoutMs: 60_000 });
  const fixture = await openFixture(t, { resolve, callWithinMs: 60_000, finishWithinMs: 0 });
  for (const name of dead.slice(0, 12)) await fixture.bot(name.replace('.example', ''), { url: `http://${name}/`, on: 'all' });
  const alive = await fixture.bot('Alive');
  await setWebhook(fixture.core, alive.user, { url: alive.receiver.url.replace('127.0.0.1', 'alive.example') });
  await fixture.postText('hello to the dead');
  await server.until(() => new Set(server.asked).size === 12);
  await fixture.postText('@Alive hello');
  t.regex((await alive.receiver.call(1)).headers.host ?? '', /^alive\.example:/);
  const waiting = await fixture.core.store.deliveries.due(Number.MAX_SAFE_INTEGER, 99);
  t.deepEqual([...new Set(waiting.map(({ attempts }) => attempts.length))], [0], 'and none of the others has ended');
});
