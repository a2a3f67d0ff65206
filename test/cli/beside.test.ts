import test from 'ava';
import * as beside from './beside.ts';
import { parley, refused } from './cli.ts';

test('beside a server, a posted message appears in open streams', async (t) =>
  beside.postedMessageAppears(t, await beside.serverWithWorld(t)));

test('beside a server, a removed member’s streams close and the others’ stay', async (t) =>
  beside.removedMemberIsCutOff(t, await beside.serverWithWorld(t)));

test('beside a server, a disabled person’s streams close', async (t) => beside.disabledUserIsCutOff(t, await beside.serverWithWorld(t)));

test('beside a server, tail -f has what is posted by HTTP, each once and in order', async (t) =>
  beside.tailFollowsTheServer(t, await beside.serverWithWorld(t)));

test('beside a server, a bot posts by the webhook it was given; rotated or revoked, the old one is dead and its streams close', async (t) =>
  beside.rotatedBotIsCutOff(t, await beside.serverWithWorld(t)));

test('a second server on the same data folder is refused with one sentence', async (t) => {
  const { settings } = await beside.serverWithWorld(t);
  const reason = /Another Parley server is using/;
  refused(t, await parley({ ...settings, PORT: '0', LOG_LEVEL: 'silent' }, ['serve']), reason);
  const [line] = (await parley({ ...settings, PORT: '0' }, ['serve'])).rows();
  t.like(line, { level: 50, msg: 'start failed' });
  t.regex(String(line?.reason), reason);
});

test('bots are refused where a person is meant, and people where a bot is', async (t) => {
  const { settings } = await beside.serverWithWorld(t);
  refused(t, await parley(settings, ['token', 'create', 'echo']), /echo is a bot/);
  refused(t, await parley(settings, ['bot', 'rotate', 'bob']), /no bot named bob/);
  refused(t, await parley(settings, ['bot', 'create', 'ann', '--group', 'field-team']), /ann is taken/);
  refused(t, await parley(settings, ['bot', 'create', 'new', '--group', 'nowhere']), /no group nowhere/);
});
