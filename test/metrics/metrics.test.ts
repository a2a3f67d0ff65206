import test from 'ava';
import { eventually } from '../helpers/eventually.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, noise, openSite } from '../helpers/site.ts';
import { type Scrape, scrape } from './scrape.ts';

const REQUESTS = 'parley_http_request_duration_seconds';
const counted = (after: Scrape, labels: string): number => after.value(`${REQUESTS}_count{${labels}}`);

test('metrics: posts and deliveries are counted', async (t) => {
  const { ann, bob, stream, client } = await openSite(t);
  const before = await scrape(client());
  const readers = [await stream(ann), await stream(ann, '?as=json'), await stream(bob, '?as=json')];
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  await frame.until((text) => text.includes('<article') || text.includes('joined'));
  for (const body of ['one', 'two', 'three']) t.is((await ann.json('POST', `${LOBBY}/messages`, { body })).status, 201);
  for (const reader of readers) await reader.until((events) => events.some(({ data }) => data.includes('three')));
  await frame.until((text) => text.includes('three'));
  const after = await scrape(client());
  const rise = (sample: string): number => after.value(sample) - before.value(sample);
  for (const [format, open] of Object.entries({ html: 1, json: 2, text: 0, frame: 1 }))
    t.is(after.value(`parley_streams_open{format="${format}"}`), open, format);
  t.is(rise('parley_deliveries_total'), 3 * 4);
  t.is(rise('parley_append_duration_seconds_count'), 3);
  t.is(rise('parley_append_batch_entries_sum'), 3);
  t.is(rise('parley_append_batch_entries_bucket{le="1"}'), 3, 'one after the other');
  t.true(rise('parley_append_duration_seconds_sum') > 0);
  t.true(rise('parley_bus_events_published_total') >= 3);
  t.true(rise('parley_bus_events_received_total') >= 3);
  t.true(rise('parley_stream_bytes_total') > 'one two three'.length * 4);
  t.is(after.value('parley_bus_up'), 1);
  t.is(after.value('parley_store_up'), 1);
  t.is(after.value('parley_processes'), 1);
  t.is(counted(after, 'method="POST",route="/groups/:slug/messages",status="2xx"'), 3);
  t.is(counted(after, 'method="GET",route="/groups/:slug/events",status="2xx"'), 3, 'a stream counts when it begins');
  for (const reader of readers) reader.close();
  frame.socket.destroy();
  await eventually(async () => (await scrape(client())).value('parley_streams_open{format="json"}') === 0);
});

test('metrics: a batch counts as one write, a refused post as none', async (t) => {
  const { ann, post, client } = await openSite(t, { env: { MAX_BODY_BYTES: '100' } });
  const before = await scrape(client());
  await post(...Array.from({ length: 40 }, (_, index) => `m${index}`));
  t.is((await ann.json('POST', `${LOBBY}/messages`, { body: noise(200) })).status, 413);
  const after = await scrape(client());
  t.is(after.value('parley_append_batch_entries_sum') - before.value('parley_append_batch_entries_sum'), 40);
  t.is(after.value('parley_append_duration_seconds_count') - before.value('parley_append_duration_seconds_count'), 40);
  t.true(after.value('parley_append_batch_entries_count') - before.value('parley_append_batch_entries_count') < 40);
  t.is(counted(after, 'method="POST",route="/groups/:slug/messages",status="4xx"'), 1);
});

test('metrics: replay reads, repaired gaps and resets are counted', async (t) => {
  const { core, ann, annUser, lobby, post, stream, client } = await openSite(t);
  await post(...Array.from({ length: 450 }, (_, index) => `m${index}`));
  const before = await scrape(client());
  const reader = await stream(ann, '?as=json&after=0');
  await reader.until(() => reader.ids.length === 452);
  const replayed = await scrape(client());
  t.is(replayed.value('parley_replay_reads_total') - before.value('parley_replay_reads_total'), 3);
  t.is(replayed.value('parley_gaps_repaired_total'), before.value('parley_gaps_repaired_total'));

  const { openAppender } = await import('../../lib/log/appender.ts');
  const { append } = openAppender({ ...core, bus: { publish: () => {} } }); // as another process whose events are lost
  await append(lobby.id, { kind: 'message', author: annUser.id, uid: 'x'.repeat(26), body: 'unheard', format: 'text' });
  core.bus.publish({ type: 'head', group: lobby.id, seq: 453 });
  await reader.until(() => reader.ids.at(-1) === 453);
  const repaired = await scrape(client());
  t.is(repaired.value('parley_gaps_repaired_total') - replayed.value('parley_gaps_repaired_total'), 1);

  const lost = await stream(ann, '?after=9999');
  t.is((await lost.ended()).at(-1)?.event, 'reset');
  t.is((await scrape(client())).value('parley_stream_resets_total') - repaired.value('parley_stream_resets_total'), 1);
});

test('metrics: a dropped slow reader is counted once', async (t) => {
  const { ann, bob, server, post, stream, client } = await openSite(t);
  const good = await stream(ann, '?as=json');
  const slow = new RawReader(t, bob, `${LOBBY}/events?as=json`).read();
  await slow.until((text) => text.includes('\n:\n'));
  slow.socket.pause();
  for (let posted = 0; server.hub.streams === 2; ) {
    await post(noise(60_000), noise(60_000));
    posted += 2;
    await good.until((events) => events.length === posted);
  }
  const after = await scrape(client());
  t.is(after.value('parley_slow_readers_dropped_total'), 1);
  t.is(after.value('parley_connections_refused_total{limit="address"}'), 0);
  t.is(after.value('parley_streams_open{format="json"}'), 1);
});

test('metrics: requests are counted by route pattern; nothing from the client becomes a label', async (t) => {
  const { ann, client } = await openSite(t);
  const secret = 'SECRETabcdefghijklmnop';
  await ann.send(`/hooks/${secret}`, { method: 'POST', body: 'x' });
  await ann.get(`/groups/${secret}?q=${secret}`);
  await ann.get(`/${secret}`);
  await ann.get(`/static/${secret}.js`);
  await ann.send(`/groups/lobby/${secret}`, { method: 'PROPFIND' });
  const answer = await client().get('/metrics', '*/*');
  t.false(answer.text.includes(secret));
  t.false(/slug="|lobby|PROPFIND/.test(answer.text));
  const after = await scrape(client());
  t.is(counted(after, 'method="POST",route="/hooks/:token",status="4xx"'), 1);
  t.is(counted(after, 'method="GET",route="/groups/:slug",status="4xx"'), 1);
  t.is(counted(after, 'method="GET",route="none",status="4xx"'), 1);
  t.is(counted(after, 'method="GET",route="/static/:file",status="4xx"'), 1);
  t.is(counted(after, 'method="other",route="none",status="4xx"'), 1);
});

test('metrics: buckets increase up to the count, and every family has help and type', async (t) => {
  const { client } = await openSite(t);
  await scrape(client());
  const answer = await client().get('/metrics', '*/*');
  t.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  t.is(answer.headers.get('cache-control'), 'no-store');
  t.deepEqual(
    answer.text.match(/^# HELP (\S+)/gm)?.map((line) => line.slice(7)),
    answer.text.match(/^# TYPE (\S+)/gm)?.map((line) => line.slice(7)),
  );
  const { samples, value } = await scrape(client());
  let last = 0;
  for (const [sample, count] of samples) {
    if (!sample.startsWith('parley_append_duration_seconds_bucket')) continue;
    t.true(count >= last, sample);
    last = count;
  }
  t.is(last, value('parley_append_duration_seconds_count'));
  t.true(last > 0);
  t.true(value('process_resident_memory_bytes') > 10_000_000);
  t.true(value('nodejs_eventloop_lag_p99_seconds') < 60);
  t.true(value('parley_event_loop_active_seconds_total') > 0);
});

test('metrics: an unavailable store is a value, not an error', async (t) => {
  const { core, client } = await openSite(t);
  Object.assign(core.store, { ping: () => Promise.reject(new Error('away')) });
  t.is((await scrape(client())).value('parley_store_up'), 0);
  Object.assign(core.store, { ping: () => new Promise(() => {}) });
  t.is((await scrape(client())).value('parley_store_up'), 0);
});
