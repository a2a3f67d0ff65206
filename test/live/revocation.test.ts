import test from 'ava';
import { endSession, endSessions, setDisabled } from '../../lib/accounts/operations.ts';
import { createToken, revokeToken } from '../../lib/accounts/tokens.ts';
import { addMember, removeMember, setArchived } from '../../lib/groups/operations.ts';
import { sha256 } from '../../lib/secrets.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, openSite } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';

const kinds = (events: readonly { readonly event: string; readonly data: string }[]): string[] =>
  events.map(({ event, data }) => (event === 'message' ? JSON.parse(data).kind : event));

test("revocation: a removed member's streams end with a closed event; those of others stay open", async (t) => {
  const { core, ann, bob, annUser, bobUser, lobby, post, stream } = await openSite(t);
  const mine = await stream(ann, '?as=json');
  const theirs = [await stream(bob, '?as=json'), await stream(bob, '?as=json&after=0'), await stream(bob, '')];
  await post('the last he hears');
  await removeMember(core, annUser.id, lobby, bobUser);
  await post('without him');
  t.deepEqual(kinds((await theirs[0]?.ended()) ?? []), ['message', 'leave', 'closed']);
  t.deepEqual(kinds((await theirs[1]?.ended()) ?? []), ['join', 'join', 'message', 'leave', 'closed']);
  const page = (await theirs[2]?.ended()) ?? [];
  t.is(page.at(-1)?.event, 'closed');
  t.false(page.some(({ data }) => data.includes('without him')));
  await mine.until((events) => events.length === 3);
  t.deepEqual(kinds(mine.events), ['message', 'leave', 'message']);
});

test('revocation: a removed member can open no stream, with an old cursor or without', async (t) => {
  const { core, ann, bob, annUser, bobUser, lobby } = await openSite(t);
  await removeMember(core, annUser.id, lobby, bobUser);
  for (const path of [`${LOBBY}/events?after=1`, `${LOBBY}/events`, `${LOBBY}/live`]) {
    const gone = await bob.get(path);
    const absent = await ann.get(path.replace('lobby', 'nowhere'));
    t.deepEqual([gone.status, absent.status], [404, 404]);
  }
  t.is((await bob.get(`${LOBBY}/events`, 'text/event-stream', { 'Last-Event-ID': '1' })).status, 404);
});

test('revocation: a member who rejoined reads past an earlier departure to the end', async (t) => {
  const { core, bob, annUser, bobUser, lobby, post, stream } = await openSite(t);
  await removeMember(core, annUser.id, lobby, bobUser);
  await post('while he was away');
  await addMember(core, annUser.id, lobby, bobUser);
  const reader = await stream(bob, '?as=json&after=0');
  await post('welcome back');
  await reader.until((events) => events.length === 6);
  t.deepEqual(kinds(reader.events), ['join', 'join', 'leave', 'message', 'join', 'message']);
});

test('revocation: a member who left and rejoined before this process had the events keeps the stream', async (t) => {
  const { core, server, bob, ann, annUser, bobUser, lobby, post, stream } = await openSite(t);
  await stream(ann, '?as=json');
  // Without a notification, as from another process while the bus is down.
  const { publish } = core.bus;
  core.bus.publish = () => {};
  await removeMember(core, annUser.id, lobby, bobUser);
  await addMember(core, annUser.id, lobby, bobUser);
  core.bus.publish = publish;
  const { seq } = await core.store.log.head(lobby.id);
  const page = await stream(bob, `?as=json&after=${seq}`); // the cursor in the page
  await post('welcome back');
  await page.until((events) => events.length === 1);
  t.deepEqual(kinds(page.events), ['message']);
  t.is(server.hub.streams, 2);
});

test('streams: an outsider gets the same error for an existing and an absent group; a visitor gets 401', async (t) => {
  const { signUp, client } = await openSite(t);
  const eve = await signUp('Eve');
  const outside = await eve.get(`${LOBBY}/events`, 'application/json');
  const nowhere = await eve.get('/groups/nowhere/events', 'application/json');
  t.deepEqual([outside.status, nowhere.status], [404, 404]);
  t.deepEqual({ ...outside.json(), request_id: '' }, { ...nowhere.json(), request_id: '' });
  for (const slug of ['lobby', 'nowhere']) t.is((await client().get(`/groups/${slug}/events`)).status, 401);
});

test('revocation: disabling an account ends all its streams and none of others', async (t) => {
  const { core, ann, bob, annUser, bobUser, stream, post } = await openSite(t);
  const { token } = await createToken(core, bobUser);
  const readers = [await stream(bob, '?as=json'), await stream(bob), await stream(bob.bearer(token))];
  const other = await stream(ann, '?as=json');
  await setDisabled(core, annUser.id, bobUser, true);
  for (const reader of readers) t.is((await reader.ended()).at(-1)?.event, 'closed');
  for (const who of [bob, bob.bearer(token)]) t.is((await who.get(`${LOBBY}/events`)).status, 401);
  await post('still here');
  await other.until((events) => events.length === 1);
  t.is(other.events[0]?.event, 'message');
});

test('revocation: logging a session out, from itself or elsewhere, ends only its own streams', async (t) => {
  const { core, client, bob, bobUser, post, stream } = await openSite(t);
  const [second, third] = [client(), client()];
  for (const one of [second, third]) await one.form('/login', { name: 'Bob', password: 'correct horse battery' });
  const readers = await Promise.all([bob, second, third].map((who) => stream(who, '?as=json')));
  await bob.form('/logout', {});
  t.is((await readers[0]?.ended())?.at(-1)?.event, 'closed');
  await post('heard by two');
  const keep = sha256(third.cookies.get('parley') ?? '');
  await endSessions(core, bobUser.id, bobUser.id, keep);
  t.deepEqual(kinds((await readers[1]?.ended()) ?? []), ['message', 'closed']);
  await post('heard by one');
  await readers[2]?.until((events) => events.length === 2);
  await endSession(core, bobUser.id, keep);
  t.deepEqual(kinds((await readers[2]?.ended()) ?? []), ['message', 'message', 'closed']);
});

test('revocation: a stream ends when its session expires; a session in use keeps its stream', async (t) => {
  const { core, ann, bob, clock, post, stream } = await openSite(t, { heartbeatMs: 20 });
  const [idle, everything, used] = [await stream(bob, '?as=json'), await EventReader.open(bob, '/events'), await stream(ann, '?as=json')];
  t.teardown(() => everything.close());
  const session = await core.store.sessions.get(sha256(ann.cookies.get('parley') ?? ''), clock.now());
  if (!session) return t.fail();
  clock.turn(session.expiresAt - clock.now());
  await post('the last he hears');
  await idle.until((events) => events.length === 1);
  await core.store.sessions.set({ ...session, expiresAt: session.expiresAt + 60_000 }); // as a request of Ann's does
  clock.turn(1);
  for (const reader of [idle, everything]) t.is((await reader.ended()).at(-1)?.event, 'closed');
  await post('without him');
  await used.until((events) => events.length === 2);
  t.deepEqual(kinds(used.events), ['message', 'message']);
});

test("revocation: revoking a token ends its own streams and no page's", async (t) => {
  const { core, bob, bobUser, post, stream } = await openSite(t);
  const { token, record } = await createToken(core, bobUser);
  const [program, page] = [await stream(bob.bearer(token)), await stream(bob, '?as=json')];
  await revokeToken(core, bobUser.id, bobUser.id, record.hash);
  t.is((await program.ended()).at(-1)?.event, 'closed');
  t.is((await bob.bearer(token).get(`${LOBBY}/events`)).status, 401);
  await post('the page goes on');
  await page.until((events) => events.length === 1);
});

test('streams: archiving a group is announced in its streams, which stay open', async (t) => {
  const { core, bob, annUser, lobby, stream } = await openSite(t);
  const reader = await stream(bob, '?as=json');
  await setArchived(core, annUser.id, lobby, true);
  await setArchived(core, annUser.id, { ...lobby, archived: true }, false);
  await reader.until((events) => events.length === 2);
  t.deepEqual(kinds(reader.events), ['archive', 'archive']);
});

test('streams: a cross-site request is refused; a same-origin one is not', async (t) => {
  const { bob, url, stream } = await openSite(t);
  const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
  t.is((await bob.get(`${LOBBY}/events`, 'text/event-stream', foreign)).status, 403);
  t.is((await bob.get(`${LOBBY}/live`, 'text/html', { 'Sec-Fetch-Site': 'cross-site' })).status, 403);
  await t.notThrowsAsync(stream(bob, '', { Origin: url, 'Sec-Fetch-Site': 'same-origin' }));
});

for (const act of ['removed', 'disabled'] as const)
  test(`revocation: a user who is ${act} while opening a stream is refused with a complete response`, async (t) => {
    const { core, server, ann, bob, annUser, bobUser, lobby } = await openSite(t, { heartbeatMs: 5 });
    const { isCurrent } = core.lookupCache;
    // The second access check, at registration, waits for the revocation.
    core.lookupCache.isCurrent = async (stamp) => {
      if (act === 'removed') await removeMember(core, annUser.id, lobby, bobUser);
      else await setDisabled(core, annUser.id, bobUser, true);
      return isCurrent(stamp);
    };
    const raw = new RawReader(t, bob, `${LOBBY}/events`).read();
    const text = await raw.until((received) => received.includes('\r\n\r\n'));
    t.regex(text, act === 'removed' ? /^HTTP\/1\.1 404 / : /^HTTP\/1\.1 401 /);
    t.is(server.hub.streams, 0);
    t.is((await ann.get(LOBBY)).status, 200);
  });
