import test, { type ExecutionContext } from 'ava';
import { type OpenCore, openCore } from '../../lib/app.ts';
import { StoreUnavailable } from '../../lib/errors.ts';
import { groupAccess } from '../../lib/groups/operations.ts';
import { newUid, systemRandom } from '../../lib/ids.ts';
import { post, react } from '../../lib/messages/operations.ts';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { LOBBY, numbers, openSite, type Site } from '../helpers/site.ts';

/** A site with a store that can fail, and another process that writes to the same file. */
async function openTroubled(t: ExecutionContext): Promise<Site & { readonly faults: Faults; readonly other: OpenCore }> {
  const site = await openSite(t, { probeMs: 20 });
  const faults = new Faults();
  makeFaulty(site.core, faults);
  const other = await openCore(site.core.config, { role: 'visitor', now: site.clock.now });
  t.teardown(other.close);
  return { ...site, faults, other };
}

test('store outage: streams of every format stay open and continue from their cursors', async (t) => {
  const { server, faults, other, bob, bobUser, lobby, stream } = await openTroubled(t);
  const readers = await Promise.all(['?as=json', '', '?as=json&after=0'].map((query) => stream(bob, query)));
  const at = await groupAccess(other, bobUser, lobby);
  const { message } = await post(other, at, { body: 'soup' });
  for (const reader of readers) await reader.until(() => reader.ids.at(-1) === 3);
  faults.isAway = true;
  const refusal = faults.refusal();
  await react(other, at, message.seq, '👍', true); // to show it, the server has to read the message
  await post(other, at, { body: 'bread' });
  await refusal;
  await faults.refusal();
  t.is(server.hub.streams, 3);
  faults.isAway = false;
  for (const reader of readers) await reader.until(() => reader.ids.at(-1) === 5);
  t.deepEqual(
    readers.map(({ ids }) => ids),
    [[3, 4, 5], [3, 4, 5], numbers(1, 5)],
  );
});

test('store outage: a gap that could not be read is read afterwards', async (t) => {
  const { core, faults, other, bob, bobUser, lobby, stream } = await openTroubled(t);
  const reader = await stream(bob, '?as=json');
  const quiet = { ...other, bus: { ...other.bus, publish: () => {} } };
  await core.store.log.head(lobby.id);
  const { openAppender } = await import('../../lib/log/appender.ts');
  const { append } = openAppender(quiet);
  for (const body of ['a', 'b'])
    await append(lobby.id, { kind: 'message', author: bobUser.id, uid: newUid(systemRandom), body, format: 'text' });
  faults.isAway = true;
  const refusal = faults.refusal();
  other.bus.publish({ type: 'head', group: lobby.id, seq: 4 });
  await refusal;
  await faults.refusal(); // retried by a timer, without another notification
  faults.isAway = false;
  await reader.until(() => reader.ids.length === 2);
  t.deepEqual(reader.ids, [3, 4]);
});

test('store outage: a replay that was interrupted waits and continues', async (t) => {
  const { core, bob, post: postAsAnn, stream } = await openTroubled(t);
  await postAsAnn(...numbers(3, 302).map(String));
  const { range } = core.store.log;
  let refused = 0;
  core.store.log.range = async (...args) => {
    if (args[1] > 200 && args[2] > args[1] && refused < 3) {
      refused += 1;
      throw new StoreUnavailable('away in the middle of the replay');
    }
    return range(...args);
  };
  const reader = await stream(bob, '?as=json&after=0');
  await reader.until(() => reader.ids.length === 302);
  t.deepEqual(reader.ids, numbers(1, 302));
  t.is(refused, 3);
});

test('store outage: entries posted during a long outage are not kept in memory and all arrive afterwards', async (t) => {
  const { faults, other, bob, bobUser, lobby, stream } = await openTroubled(t);
  const reader = await stream(bob, '?as=json');
  const at = await groupAccess(other, bobUser, lobby);
  const { message } = await post(other, at, { body: 'soup' });
  await reader.until(() => reader.ids.length === 1);
  faults.isAway = true;
  const refusal = faults.refusal();
  await react(other, at, message.seq, '👍', true);
  await refusal;
  for (let round = 0; round < 6; round += 1)
    await Promise.all(
      numbers(1, 400).map((i) =>
        other.appender.append(lobby.id, { kind: 'message', author: bobUser.id, uid: `${round} ${i}`, body: `${i}`, format: 'text' }),
      ),
    );
  await faults.refusal();
  faults.isAway = false;
  await reader.until(() => reader.ids.at(-1) === 2404);
  t.deepEqual(reader.ids, numbers(3, 2404));
});

test('store outage: a new stream is refused with 503 and Retry-After; afterwards it opens', async (t) => {
  const { server, faults, bob, stream } = await openTroubled(t);
  faults.isAway = true;
  const answer = await bob.get(`${LOBBY}/events`);
  t.is(answer.status, 503);
  t.truthy(answer.headers.get('Retry-After'));
  t.is(server.hub.streams, 0);
  faults.isAway = false;
  await t.notThrowsAsync(stream(bob));
});

test('store outage: a members list that could not be read is sent afterwards', async (t) => {
  const { core, bob, stream } = await openTroubled(t);
  const { ofGroup } = core.store.memberships;
  let refused = 0;
  core.store.memberships.ofGroup = async (group) => {
    refused += 1;
    if (refused === 1) throw new StoreUnavailable('away just now');
    return ofGroup(group);
  };
  const page = await stream(bob);
  await page.until((events) => events.some(({ data }) => data.includes('id="members"')));
  t.true(refused > 1);
});
