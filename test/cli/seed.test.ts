import test from 'ava';
import { bots, groups, people } from '../../fixtures/demo.ts';
import { type Act, readDemoScript } from '../../lib/cli/seed/demo-script.ts';
import { startServerFor } from '../helpers/server.ts';
import { freshSettings, parley, refused, settledWorld } from './cli.ts';

test('seed: a second run adds nothing', async (t) => {
  const settings = await freshSettings(t);
  const first = await parley(settings, ['seed', '--json']);
  t.is(first.status, 0, first.err);
  const [made = {}] = first.rows();
  t.true(Number(made.messages) > 100);
  const state = async () => [
    (await parley(settings, ['group', 'list'])).out,
    (await parley(settings, ['tail', 'general', '-n', '999', '--json'])).out,
  ];
  const before = await state();
  const [again = {}] = (await parley(settings, ['seed', '--json'])).rows();
  t.deepEqual(again, { ...made, messages: 0, password: null });
  t.deepEqual(await state(), before);
  t.notRegex(before[1] ?? '', /4417/, 'what is erased in the demo is gone');
  t.regex(before[1] ?? '', /"kind":"edit"/);
});

test('seed: prints names and password for log-in; all times are in the past', async (t) => {
  const site = await startServerFor(t);
  const settings = { DATA_DIR: site.core.config.dataDir };
  const ran = await parley(settings, ['seed', '--password-stdin'], 'a chosen password\n');
  t.regex(ran.out, /^Added \d+ messages in general, .*\nLog in as Maya, Tom, .* with the password a chosen password/);
  t.is((await site.client().form('/login', { name: 'Tom', password: 'a chosen password' })).status, 303);
  const times = (await parley(settings, ['tail', 'timetable-app', '-n', '999', '--json'])).rows().map(({ at }) => String(at));
  t.deepEqual(times, times.toSorted());
  t.true(Date.parse(times.at(-1) ?? '') < Date.now());
  t.true(new Set(times.map((at) => at.slice(0, 10))).size >= 5, 'over several days');
});

test('seed: with other accounts it needs --force and does not touch their data', async (t) => {
  const { settings } = await settledWorld(t);
  refused(t, await parley(settings, ['seed']), /already an account, ann,.*--force/);
  t.is((await parley(settings, ['seed', '--force'])).status, 0);
  const admins = (await parley(settings, ['user', 'list', '--json'])).rows().filter(({ admin }) => admin);
  t.deepEqual(
    admins.map(({ name }) => name),
    ['ann'],
  );
});

test('seed: another account with a name of the demo is not used', async (t) => {
  const settings = await freshSettings(t);
  await parley(settings, ['user', 'create', 'maya'], 'correct horse battery\n');
  refused(t, await parley(settings, ['seed', '--force']), /name Maya is taken/);
});

test('seed: every author in the demo scripts is a demo user, and every message is parsed', (t) => {
  const known = [...people, ...bots].map(({ name }) => name);
  for (const { name, members, talk } of groups) {
    const acts = readDemoScript(talk);
    t.deepEqual(
      [...members, ...acts.map(({ who }) => who)].filter((who) => !known.includes(who)),
      [],
      name,
    );
    t.deepEqual(
      acts.filter(({ who }) => !members.includes(who)),
      [],
      name,
    );
    const lines = acts.filter(({ kind }) => kind === 'post').map(({ line }) => line);
    t.is(new Set(lines).size, lines.length, name);
    t.is(lines.length, talk.match(/^\d\d:\d\d /gm)?.length ?? 0, name);
    t.true(
      acts.every(({ at }) => at < 0),
      'before today',
    );
  }
});

test('seed: a demo script is parsed line by line, and an unknown line is refused', (t) => {
  const acts: Act[] = readDemoScript('day 1\n23:00 Ann: one⏎two\n  edit: three\n  👍 Bob Cy\n');
  t.deepEqual(
    acts.map(({ kind, who, at }) => `${kind} ${who} ${at / 60_000}`),
    ['post Ann -60', 'edit Ann -59', 'react Bob -58', 'react Cy -57.75'],
  );
  t.like(acts[0], { kind: 'post', text: 'one\ntwo' });
  t.throws(() => readDemoScript('day 1\n  edit: nothing said yet'), { message: /No message before this line/ });
  t.throws(() => readDemoScript('day 1\n10:00 Ann: hi\n?'), { message: /Unknown line/ });
});
