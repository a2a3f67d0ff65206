import test, { type ExecutionContext } from 'ava';
import { systemRandom } from '../../lib/ids.ts';
import { currentRequest, runRequest, StoreWait } from '../../lib/request-scope.ts';
import { traceFrom } from '../../lib/trace.ts';
import { freshDatabase, present, requireOrSkip } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';
import { Wire } from '../helpers/wire.ts';

const mongo = await mongoForFile();
const onMongo = requireOrSkip(test, mongo);

/** The time that a request may wait for the store, and the allowance for a busy machine, ms. */
const [STORE_WAIT_MS, REST_MS] = [2500, 1000];
/** Added delay of each MongoDB response, ms: one well below the limit of a call (2,000) and one with which every request succeeds. */
const [SLOW_MS, FAST_MS] = [900, 10];

/** A server with a proxied connection to MongoDB. */
async function openSlow(t: ExecutionContext) {
  const wire = await Wire.open(t, { url: freshDatabase(present(mongo)) });
  return { ...(await openSite(t, { env: { MONGODB_URL: wire.url }, storeWaitMs: 2000 })), wire };
}

onMongo('slow MongoDB: a request is refused with 503 once its calls have taken 2.5 s together, though each ends in time', async (t) => {
  const { ann, wire } = await openSlow(t);
  const requests = new Map([
    ['the page of a group', () => ann.get(LOBBY, 'text/html')],
    ['the list of groups', () => ann.get('/groups', 'application/json')],
    ['a message', () => ann.json('POST', `${LOBBY}/messages`, { body: 'soup' })],
    ['a search', () => ann.get('/search?q=soup', 'application/json')],
  ]);
  wire.delay(FAST_MS);
  for (const [name, send] of requests) t.regex(String((await send()).status), /^20[01]$/, name);
  wire.delay(SLOW_MS);
  for (const [name, send] of requests) {
    const since = performance.now();
    const { status, headers } = await send();
    const ms = Math.round(performance.now() - since);
    t.is(status, 503, name);
    t.true(Number(headers.get('Retry-After')) > 0, name);
    t.true(ms < STORE_WAIT_MS + REST_MS, `${name}: ${ms} ms`);
    t.log(`${name}: ${ms} ms`);
  }
});

onMongo('slow MongoDB: a stream that was opened before goes on; opening another is refused in time', async (t) => {
  const { ann, bob, wire, post } = await openSlow(t);
  wire.delay(FAST_MS);
  const reader = await EventReader.open(ann, `${LOBBY}/events?as=json`);
  t.teardown(() => reader.close());
  wire.delay(SLOW_MS);
  const since = performance.now();
  const refused = await bob.get('/events?as=json', 'text/event-stream');
  t.is(refused.status, 503);
  t.true(Number(refused.headers.get('Retry-After')) > 0);
  t.true(performance.now() - since < STORE_WAIT_MS + REST_MS);
  wire.delay(FAST_MS);
  const [entry] = await post('soup');
  await reader.until(() => reader.ids.at(-1) === entry?.seq);
  t.is(reader.ids.at(-1), entry?.seq);
});

test('the wait for the store of a request: overlapping calls count once, and other time does not count', (t) => {
  let now = 0;
  const wait = new StoreWait(() => now);
  t.is(wait.limit(2000), 2000);
  const ends = [wait.begin(), wait.begin()];
  now = 1000;
  for (const end of ends) end();
  t.is(wait.limit(2000), 1500);
  now = 60_000;
  t.is(wait.limit(2000), 1500);
  wait.begin();
  now = 61_500;
  t.is(wait.limit(2000), 0);
});

test('the wait for the store of a request: the limit ends with the request', async (t) => {
  const trace = traceFrom('', systemRandom);
  const limit = () => currentRequest()?.storeWait.limit(60_000);
  t.is(await runRequest(trace, async () => limit()), STORE_WAIT_MS);
  const request = await runRequest(trace, async () => currentRequest());
  t.is(request?.storeWait.limit(60_000), 60_000);
});
