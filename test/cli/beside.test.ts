import test from 'ava';
import * as beside from './beside.ts';
import { parley, refused } from './cli.ts';

test('CLI with a running server: a posted message appears in open streams', async (t) =>
  beside.postedMessageAppears(t, await beside.serverWithWorld(t)));

test('CLI with a running server: streams of a removed member close, those of others stay', async (t) =>
  beside.removedMemberIsCutOff(t, await beside.serverWithWorld(t)));

test('CLI with a running server: streams of a disabled person close', async (t) =>
  beside.disabledUserIsCutOff(t, await beside.serverWithWorld(t)));

test('CLI with a running server: tail -f prints what is posted by HTTP, once and in order', async (t) =>
  beside.tailFollowsTheServer(t, await beside.serverWithWorld(t)));

test('CLI with a running server: a bot posts by its webhook; after rotation or removal the old one fails and its streams close', async (t) =>
  beside.rotatedBotIsCutOff(t, await beside.serverWithWorld(t)));

test('serve: a second server on the same data folder is refused with one sentence', async (t) => {
  const { settings } = await beside.serverWithWorld(t);
  const reason = /Another Parley server is using/;
  refused(t, await parley({ ...settings, PORT: '0', LOG_LEVEL: 'silent' }, ['serve']), reason);
  const [line] = (await parley({ ...settings, PORT: '0' }, ['serve'])).rows();
  t.like(line, { level: 50, msg: 'start failed' });
  t.regex(String(line?.reason), reason);
});

test('CLI: commands for people refuse bots, and commands for bots refuse people', async (t) => {
  const { settings } = await beside.serverWithWorld(t);
  refused(t, await parley(settings, ['token', 'create', 'echo']), /echo is a bot/);
  refused(t, await parley(settings, ['bot', 'rotate', 'bob']), /no bot named bob/);
  refused(t, await parley(settings, ['bot', 'create', 'ann', '--group', 'field-team']), /ann is taken/);
  refused(t, await parley(settings, ['bot', 'create', 'new', '--group', 'nowhere']), /no group nowhere/);
});
