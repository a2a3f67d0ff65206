import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { revokeBot } from '../../lib/bots/operations.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { program } from '../helpers/programs.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { EventReader } from '../helpers/stream.ts';
import { botFile, botFor, nextStream, Running } from './bot-page.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

const BOTS: readonly (readonly [file: string, needs: readonly string[], command: readonly string[], answer: RegExp])[] = [
  ['bot.sh', ['curl'], ['sh'], /^Noted: #\d+$/],
  ['bot.py', ['python3'], ['python3'], /^Ann said: @Python are “you” there\?\n& more$/],
  ['bot.ts', [], [process.execPath], /^Ann said: @TypeScript are “you” there\?\n& more$/],
  ['agent.ts', [], [process.execPath], /^You said: @Agent are “you” there\?\n& more$/],
  ['agent.py', ['python3'], ['python3'], /^You said: @Snake are “you” there\?\n& more$/],
  ['bot.go', ['go'], ['go', 'run'], /^Ann said: @Go are “you” there\?\n& more$/],
];
const NAMES: Readonly<Record<string, string>> = {
  ...{ 'bot.sh': 'Shell', 'bot.py': 'Python', 'bot.ts': 'TypeScript', 'bot.go': 'Go' },
  ...{ 'agent.ts': 'Agent', 'agent.py': 'Snake' },
};

for (const [file, needs, command, answer] of BOTS)
  requireOrSkip(test, ...needs.map(program)).serial(`${file} replies to a mention once and exits when it is revoked`, async (t) => {
    t.timeout(300_000, 'Go may have to be compiled');
    const name = NAMES[file] ?? '';
    const { bot, env } = await botFor(site, name);
    const cwd = await mkdtemp(join(tmpdir(), 'parley-bot-'));
    t.teardown(() => rm(cwd, { recursive: true, force: true }));
    const listening = nextStream(site);
    const running = new Running(t, [...command, botFile(file)], { env, cwd });
    await Promise.race([listening, running.exited.then(() => Promise.reject(new Error(running.said)))]);
    const stream = await EventReader.open(ann, '/groups/lobby/events?as=json');
    t.teardown(() => stream.close());
    const postText = (body: string) => ann.json('POST', '/groups/lobby/messages', { body });
    await postText('nobody is named');
    await postText(`@${name} are “you” there?\n& more`);
    const said = (events: readonly { readonly data: string }[]) =>
      events.flatMap(({ data }) => {
        const { kind, author, body } = JSON.parse(data) as { kind?: string; author?: { name: string }; body: string };
        return kind === 'message' && author?.name === name ? [body] : [];
      });
    const [first = ''] = said(await stream.until((events) => said(events).length > 0));
    t.regex(first, answer);
    await postText(`@${name} again`);
    t.is(said(await stream.until((events) => said(events).length > 1)).length, 2, running.said);
    await revokeBot(site.core, bot.user.id, bot.user);
    t.is(await running.exited, 1, running.said);
  });

requireOrSkip(test, program('curl')).serial(
  'bot.sh that is killed before it has heard anything answers what named it meanwhile',
  async (t) => {
    const { bot, env } = await botFor(site, 'Killed');
    const cwd = await mkdtemp(join(tmpdir(), 'parley-bot-'));
    t.teardown(() => rm(cwd, { recursive: true, force: true }));
    const run = (): Running => new Running(t, ['sh', botFile('bot.sh')], { env, cwd });
    const killed = run();
    await eventually(() => existsSync(join(cwd, 'last')) && readFileSync(join(cwd, 'last'), 'utf8') !== '');
    killed.stop();
    await killed.exited;
    const { seq } = (await ann.json('POST', '/groups/lobby/messages', { body: '@Killed are you there?' })).json<{ seq: number }>();
    const again = run();
    const stream = await EventReader.open(ann, `/groups/lobby/events?as=json&after=${seq}`);
    t.teardown(() => stream.close());
    const [answer] = await stream.until((events) => events.some(({ data }) => data.includes('"kind":"message"')));
    t.like(JSON.parse(answer?.data ?? ''), { body: `Noted: #${seq}`, author: { name: 'Killed' } });
    await revokeBot(site.core, bot.user.id, bot.user);
    t.is(await again.exited, 1, again.said);
  },
);

for (const [file, needs, command, name] of [
  ['agent.ts', [], process.execPath, 'Reader'],
  ['agent.py', ['python3'], 'python3', 'Writer'],
] as const)
  requireOrSkip(test, ...needs.map(program)).serial(`${file} shows its answer while it writes it, and posts it as one reply`, async (t) => {
    const { bot, env } = await botFor(site, name);
    const cwd = await mkdtemp(join(tmpdir(), 'parley-bot-'));
    t.teardown(() => rm(cwd, { recursive: true, force: true }));
    const listening = nextStream(site);
    const running = new Running(t, [command, botFile(file)], { env, cwd });
    await Promise.race([listening, running.exited.then(() => Promise.reject(new Error(running.said)))]);
    const stream = await EventReader.open(ann, '/groups/lobby/events?as=json&drafts=1');
    t.teardown(() => stream.close());
    const words = Array.from({ length: 20 }, (_, n) => `word${n}`).join(' ');
    const question = { body: `@${name} ${words}` };
    const { seq } = (await ann.json('POST', '/groups/lobby/messages', question)).json<{ seq: number }>();
    const events = await stream.until((all) => all.some(({ event }) => event === 'draft_end'));
    const states = events.flatMap(({ event, data }) => (event === 'draft' ? [JSON.parse(data) as { body: string; reply_to: number }] : []));
    t.true(
      states.some(({ body }) => body.startsWith('You said: ') && !body.includes('word19')),
      running.said,
    );
    t.true(states.every(({ reply_to }) => reply_to === seq));
    const [answer] = events.flatMap(({ event, data }) => (event === 'message' ? [JSON.parse(data)] : [])).slice(1);
    t.like(answer, { body: `You said: ${question.body}`, reply_to: seq, format: 'markdown', author: { name } });
    await revokeBot(site.core, bot.user.id, bot.user);
    t.is(await running.exited, 1, running.said);
  });
