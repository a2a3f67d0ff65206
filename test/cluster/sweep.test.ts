import test from 'ava';
import { announceMembershipChanges } from '../../lib/groups/membership.ts';
import { openGroup } from '../../lib/groups/operations.ts';
import { scrubDue } from '../../lib/log/scrub.ts';
import * as operations from '../../lib/messages/operations.ts';
import { SCRUB_GRACE_MS, UNDO_MS } from '../../lib/messages/rules.ts';
import { Clock, startServer, startServerFor } from '../helpers/server.ts';
import { sharedServices } from '../helpers/shared-services.ts';

const { freshEnv, shared } = await sharedServices(test);

const SECRET = 'the-secret-ingredient';

shared('sweep: due work is done once when several processes start at the same moment', async (t) => {
  const env = { ...freshEnv(), POSTS_PER_SECOND: '0' };
  const clock = new Clock();
  const servers = await Promise.all([1, 2, 3].map(() => startServer({ env, clock })));
  for (const server of servers) t.teardown(server.close);
  const [first] = servers;
  if (!first) throw new Error('three servers were started');
  await Promise.all([first.signUp('Ann'), ...servers.map((server, i) => server.signUp(`Other ${i}`))]);
  const { core } = first;
  const users = await core.store.users.list({ limit: 10 });
  t.is(users.filter(({ admin }) => admin).length, 1, 'one first account');
  const [admin] = users.filter((user) => user.admin);
  if (!admin) throw new Error('the first account is an administrator');

  const at = await openGroup(core, admin, 'lobby');
  for (let i = 0; i < 5; i += 1)
    await operations.erase(core, at, (await operations.post(core, at, { body: `${SECRET} ${i}` })).message.seq);
  const joiner = users.find(({ id }) => id !== admin.id);
  if (!joiner) throw new Error('others have accounts');
  // The state after a process died between the membership record and its log entry.
  const left = {
    group: at.group.id,
    user: joiner.id,
    in: true,
    role: 'member',
    by: joiner.id,
    rev: 1,
    lined: false,
    at: clock.now(),
    mark: 0,
    level: 'mentions',
    hidden: null,
    ceding: false,
  } as const;
  t.true(await core.store.memberships.put(left));

  clock.turn(UNDO_MS + SCRUB_GRACE_MS);
  await Promise.all(
    servers.flatMap((server) => [
      scrubDue(server.core),
      announceMembershipChanges(server.core),
      server.core.store.sessions.sweep(clock.now()),
    ]),
  );
  const { seq } = await core.store.log.head(at.group.id);
  const log = await core.store.log.range(at.group.id, 1, seq);
  t.is(log.length, seq);
  t.false(JSON.stringify(log).includes(SECRET));
  t.is(log.filter((entry) => entry.kind === 'join' && entry.member === joiner.id).length, 1);
  t.is(await scrubDue(core), 0);
  t.is(await announceMembershipChanges(core), 0);
});

shared('sweep: an erasure can be undone in time, though a clock of another server is an hour ahead', async (t) => {
  const env = freshEnv();
  const first = await startServerFor(t, { env, clock: new Clock(Date.now()), isSkewed: true });
  const ahead = await startServerFor(t, { env, clock: new Clock(Date.now() + 3_600_000), isSkewed: true });
  await first.signUp('Ann');
  const [ann] = await first.core.store.users.list({ limit: 1 });
  if (!ann) throw new Error('Ann has signed up');
  const at = await openGroup(first.core, ann, 'lobby');
  const { message } = await operations.post(first.core, at, { body: 'soup' });
  await operations.erase(first.core, at, message.seq);
  await scrubDue(ahead.core);
  const { state } = await operations.unerase(first.core, at, message.seq);
  t.deepEqual([state.erasedBy, state.body], [undefined, 'soup']);
});
