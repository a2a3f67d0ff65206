import { once } from 'node:events';
import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, noise, numbers, openSite } from '../helpers/site.ts';

test('streams: a client that does not read is cut off past 1 MiB; others are not affected', async (t) => {
  const { server, ann, bob, post, stream } = await openSite(t);
  const good = await stream(ann, '?as=json');
  const slow = new RawReader(t, bob, `${LOBBY}/events?as=json`).read();
  await slow.until((text) => text.includes('\n:\n'));
  slow.socket.pause();
  let posted = 0;
  while (server.hub.streams === 2) {
    await post(noise(60_000), noise(60_000));
    posted += 2;
    await good.until((events) => events.length === posted);
  }
  t.true(posted * 60_000 > 1024 * 1024);
  t.deepEqual(good.ids, numbers(3, posted + 2));
  slow.socket.resume();
  await slow.closed();
  const whole = slow.text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((event) => /^id: ([\d.]+)\ndata:/m.exec(event)?.[1] ?? []);
  t.true(whole.length < posted, 'the rest was never sent');
  const again = await stream(bob, '?as=json', { 'Last-Event-ID': whole.at(-1) ?? '2' });
  await again.until(() => again.ids.at(-1) === posted + 2);
  t.deepEqual([...whole.map((id) => Number.parseInt(id, 10)), ...again.ids], numbers(3, posted + 2));
});

test('streams: the limit per user refuses further streams, also concurrent ones, and affects nobody else', async (t) => {
  const { server, ann, bob, stream } = await openSite(t, { env: { STREAMS_PER_USER: '3' } });
  const controller = new AbortController();
  t.teardown(() => controller.abort());
  const responses = await Promise.all(numbers(1, 8).map(() => bob.open(`${LOBBY}/events`, { signal: controller.signal })));
  t.deepEqual(responses.map(({ status }) => status).sort(), [200, 200, 200, 429, 429, 429, 429, 429]);
  t.truthy(responses.find(({ status }) => status === 429)?.headers.get('Retry-After'));
  t.is(server.hub.streams, 3);
  await t.notThrowsAsync(stream(ann));
  controller.abort();
  await eventually(() => server.hub.streams === 1);
  await t.notThrowsAsync(stream(bob), 'closed ones do not count');
});

test('streams: a heartbeat is sent and is no event for any client', async (t) => {
  const { bob } = await openSite(t, { heartbeatMs: 20 });
  const [page, frame] = [new RawReader(t, bob, `${LOBBY}/events`).read(), new RawReader(t, bob, `${LOBBY}/live`).read()];
  await page.until((text) => (text.match(/\n:\n/g)?.length ?? 0) > 3);
  await frame.until((text) => text.endsWith('<!-- -->\n<!-- -->\n'));
  t.false(
    page.text
      .replace(/event: sidebar\ndata: .*(\ndata: .*)*/g, '')
      .replace(/data: .*/g, '')
      .includes('event:'),
  );
});

test('streams: a client that disconnects before its stream starts leaves nothing behind', async (t) => {
  const { core, server, bob, bobUser, lobby, stream } = await openSite(t);
  const { bySlug } = core.lookupCache.groups;
  for (const moment of ['before it is registered', 'after it is registered']) {
    const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>();
    const { promise: gone, resolve: isGone } = Promise.withResolvers<void>();
    const wait = async (): Promise<void> => {
      wasAsked();
      await gone;
    };
    server.http.once('request', (_request, response) => response.once('close', isGone));
    const { isCurrent } = core.lookupCache;
    if (moment.startsWith('before'))
      core.lookupCache.groups.bySlug = async (slug) => {
        await wait();
        return bySlug(slug);
      };
    else {
      core.lookupCache.isCurrent = async (stamp) => {
        await wait();
        return isCurrent(stamp);
      };
    }
    const raw = new RawReader(t, bob, `${LOBBY}/events`);
    await asked;
    raw.socket.destroy();
    await gone;
    core.lookupCache.groups.bySlug = bySlug;
    core.lookupCache.isCurrent = isCurrent;
    t.is((await bob.get('/me')).status, 200); // by this response the previous request has finished
    t.is(server.hub.streams, 0, moment);
    t.false((await core.bus.presence.list(lobby.id)).has(bobUser.id), moment);
  }
  const reader = await stream(bob, '?as=json&after=0');
  await reader.until((events) => events.length === 2);
});

test('live document: a large first part is sent in full while others post', async (t) => {
  const { bob, post } = await openSite(t);
  for (let i = 0; i < 20; i += 1) await post("'".repeat(60_000)); // each character becomes five
  const page = new RawReader(t, bob, `${LOBBY}/live`);
  await once(page.socket, 'readable'); // the stream is open and unread
  await post('meanwhile');
  await post('and again');
  page.read();
  await page.until((text) => text.includes('and again'));
  t.true(page.received.length > 5_000_000);
});
