import test from 'ava';
import { makeWorld } from '../../fixtures/world.ts';
import { readConfig } from '../../lib/config.ts';
import { groupAccess } from '../../lib/groups/operations.ts';
import { erase, post } from '../../lib/messages/operations.ts';
import { openCore } from '../../lib/open-core.ts';
import { PATIENT_MS } from '../helpers/server.ts';
import { done, freshSettings, parley, Running, refused, settledWorld } from './cli.ts';

test('post: the message is an argument or standard input', async (t) => {
  const { settings } = await settledWorld(t);
  const as = ['--as', 'bob', '--json'];
  const first = done(t, await parley(settings, ['post', 'field-team', 'one', ...as]), 'seq', 'url');
  t.is(first.url, `/groups/field-team/messages/${first.seq}`);
  done(t, await parley(settings, ['post', 'field-team', '-', ...as], 'two\n'), 'seq', 'url');
  done(t, await parley(settings, ['post', 'field-team', ...as], 'three\nlines — ü\n\n'), 'seq', 'url');
  done(t, await parley(settings, ['post', 'field-team', ...as, '--', '--four']), 'seq', 'url');
  t.is((await parley(settings, ['tail', 'field-team', '-n', '4'])).out, 'bob: one\nbob: two\nbob: three\n  lines — ü\nbob: --four\n');
});

test('post: with the same key, the same text returns the first message, another text is refused', async (t) => {
  const { settings } = await settledWorld(t);
  const postText = (text: string) => parley(settings, ['post', 'field-team', text, '--as', 'echo', '--key', 'build-7', '--json']);
  const first = done(t, await postText('built'), 'seq', 'url');
  t.deepEqual(done(t, await postText('built'), 'seq', 'url'), first);
  refused(t, await postText('built again'), /key was already used with another text/);
  t.is((await parley(settings, ['tail', 'field-team', '-n', '1'])).out, 'echo: built\n');
});

test('post: --reply-to answers a message of the group', async (t) => {
  const { settings } = await settledWorld(t);
  const say = (text: string, ...more: string[]) => parley(settings, ['post', 'field-team', text, '--as', 'bob', '--json', ...more]);
  const { seq } = done(t, await say('Anybody?'), 'seq', 'url');
  const reply = done(t, await say('Me', '--reply-to', `${seq}`, '--key', 'r1'), 'seq', 'url');
  t.deepEqual(done(t, await say('Me', '--reply-to', `${seq}`, '--key', 'r1'), 'seq', 'url'), reply);
  refused(t, await say('Me', '--key', 'r1'), /key was already used/);
  refused(t, await say('Me', '--reply-to', '4711'), /There is no message 4711 in this group/);
  refused(t, await say('Me', '--reply-to', '1'), /There is no message 1 in this group/);
  t.is((await parley(settings, ['tail', 'field-team', '-n', '2'])).out, `bob: Anybody?\nbob: (reply to #${seq}) Me\n`);
  const [, row] = (await parley(settings, ['tail', 'field-team', '-n', '2', '--json'])).rows();
  t.like(row, { seq: reply.seq, reply_to: seq, thread: { root: seq, replies: 1 } });
});

test('post: --at schedules the message, once with a key', async (t) => {
  const { settings } = await settledWorld(t);
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const say = (...more: string[]) => parley(settings, ['post', 'field-team', 'later', '--as', 'bob', '--json', ...more]);
  const made = done(t, await say('--at', at, '--key', 'k'), 'id', 'at', 'url');
  t.deepEqual([made.at, made.url], [at, `/scheduled/${made.id}`]);
  t.deepEqual(done(t, await say('--at', at, '--key', 'k'), 'id', 'at', 'url'), made);
  for (const [time, said] of [
    ['2020-01-01T00:00Z', /'--at <time>' is invalid\. This time is past/],
    ['tomorrow', /with its zone/],
  ] as const) {
    const { status, err } = await say('--at', time);
    t.is(status, 2);
    t.regex(err, said);
  }
  const core = await openCore(readConfig(settings), { role: 'visitor', storeWaitMs: PATIENT_MS });
  t.teardown(core.close);
  t.like(await core.store.scheduled.byId(String(made.id)), { body: 'later', at: Date.parse(at), kind: 'message' });
});

test('post: only members of the group may post', async (t) => {
  const { settings } = await settledWorld(t);
  refused(t, await parley(settings, ['post', 'field-team', 'hi', '--as', 'eve']), /eve is not in field-team/);
  refused(t, await parley(settings, ['post', 'field-team', 'hi', '--as', 'mallory']), /no user named mallory/);
  refused(t, await parley(settings, ['post', 'field-team', ' \n', '--as', 'bob']), /empty/);
  refused(t, await parley({ ...settings, MAX_BODY_BYTES: '10' }, ['post', 'field-team', '--as', 'bob'], 'x'.repeat(1000)), /too long/);
  t.is((await parley(settings, ['post', 'field-team', 'hi', '--as', 'bob'])).status, 0);
});

test('tail: prints the last messages and all entries after the first of them', async (t) => {
  const settings = await freshSettings(t);
  const core = await openCore(readConfig({ ...settings, LOG_LEVEL: 'silent', POSTS_PER_SECOND: '0' }), {
    role: 'visitor',
    bcryptCost: 4,
    storeWaitMs: PATIENT_MS,
  });
  const { bob, team } = await makeWorld(core);
  const at = await groupAccess(core, bob, team);
  await Promise.all(Array.from({ length: 450 }, (_, index) => post(core, at, { body: `m${index + 1}` })));
  const { message } = await post(core, at, { body: 'a secret' });
  await erase(core, at, message.seq);
  await core.close();

  const all = (await parley(settings, ['tail', 'field-team', '-n', '9999'])).out.split('\n');
  t.deepEqual(all.slice(0, 4), ['* ann joined', '* ann added bob', '* ann added echo', 'bob: m1']);
  t.deepEqual(all.slice(-4), ['bob: m450', 'bob: (erased)', `* bob erased #${message.seq}`, '']);
  t.is((await parley(settings, ['tail', 'field-team'])).out.match(/^bob: m/gm)?.length, 9, 'ten by default, one of them erased');
  t.is((await parley(settings, ['tail', 'field-team', '-n', '0'])).out, '');
  const rows = (await parley(settings, ['tail', 'field-team', '-n', '2', '--json'])).rows();
  t.deepEqual(
    rows.map(({ kind, seq, body }) => ({ kind, seq, body })),
    [
      { kind: 'message', seq: message.seq - 1, body: 'm450' },
      { kind: 'message', seq: message.seq, body: '' },
      { kind: 'erase', seq: message.seq + 1, body: undefined },
    ],
  );
});

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  test(`tail -f follows what other processes post, and ${signal} ends it with status 0`, async (t) => {
    const { settings } = await settledWorld(t);
    const tail = new Running(settings, ['tail', 'field-team', '-f']);
    await tail.until('* ann added echo\n');
    for (const text of ['one', 'two']) await parley(settings, ['post', 'field-team', text, '--as', 'bob']);
    await tail.until('bob: two\n');
    const ran = await tail.ended(signal);
    t.is(ran.status, 0);
    t.is(ran.err, '');
    t.is(ran.out, '* ann joined\n* ann added bob\n* ann added echo\nbob: one\nbob: two\n');
  });

test('tail -f: exits without an error when its output is closed', async (t) => {
  const { settings } = await settledWorld(t);
  const tail = new Running(settings, ['tail', 'field-team', '-f']);
  await tail.until('* ann added echo\n');
  tail.child.stdout.destroy();
  await parley(settings, ['post', 'field-team', 'anybody?', '--as', 'bob']);
  const ran = await tail.ended();
  t.is(ran.status, 0);
  t.is(ran.err, '');
});
