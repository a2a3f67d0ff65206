import test from 'ava';
import { removeMember } from '../../lib/groups/operations.ts';
import { eventually } from '../helpers/eventually.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import type { StreamEvent } from '../helpers/stream.ts';

/** The members present, by the last members list of these events. */
function presentIn(events: readonly StreamEvent[]): string[] {
  const list = events.findLast(({ id, data }) => id === undefined && data.includes('id="members"'))?.data ?? '';
  return [...list.matchAll(/data-present><a class="who" href="[^"]*" data-i="[^"]*"><bdi>([^<]*)</g)].map(([, name = '']) => name);
}
const lists = (events: readonly StreamEvent[]): number => events.filter(({ data }) => data.includes('id="members"')).length;
const is = (expected: string[]) => (events: readonly StreamEvent[]) => presentIn(events).join() === expected.join();

test('presence: a page gets the present members when it connects, and later changes', async (t) => {
  const { ann, bob, stream } = await openSite(t);
  const mine = await stream(ann);
  await mine.until(is(['Ann']));
  const theirs = await stream(bob);
  await theirs.until(is(['Ann', 'Bob']));
  await mine.until(is(['Ann', 'Bob']));
  theirs.close();
  await mine.until(is(['Ann']));
  t.pass();
});

test('presence: two pages of a user count once; closing one keeps the user present', async (t) => {
  const { core, lobby, bobUser, bob, ann, stream } = await openSite(t);
  const mine = await stream(ann);
  const [one, two] = [await stream(bob), await stream(bob)];
  await mine.until(is(['Ann', 'Bob']));
  one.close();
  const third = await stream(bob);
  await third.until(is(['Ann', 'Bob'])); // by now the server has seen the first page go
  third.close();
  t.true((await core.bus.presence.list(lobby.id)).has(bobUser.id));
  t.deepEqual(presentIn(mine.events), ['Ann', 'Bob']);
  two.close();
  await mine.until(is(['Ann']));
});

test("presence: programs are not present, and closing one keeps its owner's page present", async (t) => {
  const { server, core, lobby, annUser, ann, bob, stream } = await openSite(t);
  const page = await stream(ann);
  const program = await stream(ann, '?as=json');
  await stream(bob, '?as=json');
  await page.until(is(['Ann']));
  t.deepEqual([...(await core.bus.presence.list(lobby.id))], [annUser.id]);
  program.close();
  await eventually(() => server.hub.streams === 2);
  t.true((await core.bus.presence.list(lobby.id)).has(annUser.id));
});

test('presence: a refused stream makes nobody absent', async (t) => {
  const { core, lobby, annUser, ann, stream } = await openSite(t, { env: { STREAMS_PER_USER: '1' } });
  const page = await stream(ann);
  await page.until(is(['Ann']));
  t.is((await ann.get(`${LOBBY}/events`)).status, 429);
  t.true((await core.bus.presence.list(lobby.id)).has(annUser.id));
});

test('presence: the live document without JavaScript makes its user present', async (t) => {
  const { ann, bob, stream } = await openSite(t);
  const page = await stream(ann);
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  await page.until(is(['Ann', 'Bob']));
  frame.socket.destroy();
  await page.until(is(['Ann']));
  t.pass();
});

test('presence: the list follows joins and removals', async (t) => {
  const { core, ann, annUser, bobUser, lobby, signUpInLobby, stream } = await openSite(t);
  const page = await stream(ann);
  await page.until((events) => lists(events) > 0);
  await signUpInLobby('Eve');
  await page.until((events) => events.some(({ id, data }) => id === undefined && data.includes('>Eve<')));
  await removeMember(core, annUser.id, lobby, bobUser);
  await page.until((events) => !(events.findLast(({ id }) => id === undefined)?.data ?? '').includes('>Bob<'));
  t.pass();
});

test('presence: concurrent changes are sent as one list', async (t) => {
  const { ann, bob, stream } = await openSite(t);
  const page = await stream(ann);
  await page.until(is(['Ann']));
  const before = lists(page.events);
  for (let i = 0; i < 10; i += 1) (await stream(bob)).close();
  const last = await stream(bob);
  await page.until(is(['Ann', 'Bob']));
  t.true(lists(page.events) - before < 10, `${lists(page.events) - before} lists`);
  last.close();
});

test('presence: a user whose server was killed disappears when the lease expires', async (t) => {
  const { core, clock, lobby, bobUser, ann, stream } = await openSite(t, { heartbeatMs: 20 });
  const page = await stream(ann);
  await core.bus.presence.renew(lobby.id, bobUser.id, 'a process that is no more', 60_000);
  await page.until(is(['Ann', 'Bob']));
  clock.turn(60_001); // Ann's own lease is renewed with the next heartbeat
  await page.until(is(['Ann']));
  t.pass();
});

test('presence: "last seen" is stored when the last page closes, and periodically while it stays open', async (t) => {
  const { ann, bob, clock, core, lobby, bobUser, stream } = await openSite(t, { heartbeatMs: 20 });
  const seen = async () => (await core.store.memberships.get(lobby.id, bobUser.id))?.seen;
  const mine = await stream(ann);
  const theirs = await stream(bob);
  await mine.until(is(['Ann', 'Bob']));
  t.is(await seen(), undefined);
  clock.turn(180_001);
  await eventually(async () => (await seen()) === core.now()); // so that it is known even of a server that dies
  clock.turn(60_000);
  theirs.close();
  await eventually(async () => (await seen()) === core.now() && !(await core.bus.presence.list(lobby.id)).has(bobUser.id));
  const iso = new Date(core.now()).toISOString();
  const members = async () => (await ann.get(`${LOBBY}/members`, 'application/json')).json<{ name: string; seen_at: string | null }[]>();
  t.is((await members()).find(({ name }) => name === 'Bob')?.seen_at, iso);
  clock.turn(5 * 60_000);
  const page = (await ann.get(LOBBY)).text;
  t.true(page.includes(`last seen <time datetime="${iso}" title="Last seen">5 minutes ago</time>`));
});
