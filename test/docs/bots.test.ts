import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';
import { Clock, startServer, type TestServer } from '../helpers/server.ts';
import { blocks, botFile, botFor, nextStream, Running } from './bot-page.ts';

let site: TestServer;
let ann: Client;
let env: NodeJS.ProcessEnv;
let cwd: string;
test.before(async () => {
  site = await startServer({ clock: new Clock(Date.now()) }); // the page tells the time by the clock of the reader
  ann = await site.signUp('Ann');
  ({ env } = await botFor(site, 'Writer'));
  cwd = await mkdtemp(join(tmpdir(), 'parley-docs-'));
});
test.after.always(async () => {
  await site.close();
  await rm(cwd, { recursive: true, force: true });
});

const LANGUAGES: Readonly<Record<string, string>> = { sh: 'sh', py: 'python', ts: 'ts', go: 'go', yml: 'yaml' };
const FILES = readdirSync(botFile(''));

for (const name of FILES)
  test(`docs/bots.md: contains fixtures/bots/${name} unchanged`, (t) => {
    const language = LANGUAGES[name.split('.').at(-1) ?? ''] ?? '';
    t.true(blocks(language).includes(readFileSync(botFile(name), 'utf8').trimEnd()));
  });

/** The commands of the page in order, with their expected output. `stream`: runs until the posted message arrives. */
const BLOCKS: readonly (readonly [begins: string, prints: RegExp, stream?: 'stream'])[] = [
  ['parley bot create Deploys', /webhook +\/hooks\/\w{40}\n +token +\w{40}\n +campfire +\w{16}-\w{12}\n/],
  ['curl -d "Disk', /^ok$/],
  ['curl -d "Disk', /^ok\{"ok":true,.*"seq":\d+,"url":"http:\/\/[^"]+"\}okok$/],
  ['parley bot create GitHub', /secret +whsec_\S{44}\n/],
  [
    'curl -H "Authorization',
    /^\{"id":"\w{16}","name":"Writer".*Writer: .*"body":"Deploy 7 is live".*"attachments":\[\{.*"name":"hostname".*"body":"Deploy 8: \*building\*","format":"markdown"/s,
  ],
  ['curl -X PUT', /"name":"deploy","hint":"branch","help":"Deploys a branch\."/],
  ['curl -H "Authorization', /"body":"Only main can be deployed\.",.*"url":"\/groups\/lobby\/ephemeral\//],
  ['curl -H "Authorization', /"body":"Stand-up in five minutes".*"state":"waiting"/],
  [
    'url=$(curl -H',
    /"body":"Cleaning up".*"reply_to":\d+,"thread":\{"root":\d+,"replies":2,.*"body":"40% free".*Writer: Disk 91% full on db1\nWriter: \(reply to #\d+\) Cleaning up\nWriter: \(reply to #\d+\) 40% free\n$/s,
  ],
  ['draft=$(curl -H', /"rev":2,.*"rev":3,.*"body":"Let me see: \*\*seven\*\* of eight tests pass","format":"markdown"/s],
  ['curl -N -H', /"body":"deploy heard"/, 'stream'],
  ['curl -N -H', /^lobby Ann: deploy heard\n/, 'stream'],
  ['parley bot webhook Writer', /whsec_\S{44}/],
  ['curl -d "Hello" "$PARLEY/rooms/', /^$/],
  ['curl -H "Authorization', /"body":"Backup done"/],
];

const fixtures = FILES.map((name) => readFileSync(botFile(name), 'utf8').trimEnd());
const shown = blocks('sh').filter((block) => !fixtures.includes(block));
const [settings = '', ...commands] = [shown[1], shown[0], ...shown.slice(2)].map((block) => block ?? '');

test('docs/bots.md: the variables that its commands use are set in its first block', (t) => {
  t.deepEqual(
    [...settings.matchAll(/\b([A-Z]+)=/g)].map(([, name = '']) => [name, env[name] !== undefined]),
    ['PARLEY', 'GROUP', 'HOOK', 'TOKEN', 'KEY'].map((name) => [name, true]),
  );
  t.is(commands.length, BLOCKS.length);
});

/** Replaces the example's bot by the one of this test. */
const runnable = (block: string): string => block.replace('bot webhook Echo', 'bot webhook Writer');

const runBlock = (block: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile('sh', ['-ec', block.replaceAll('curl ', 'curl -sS --fail-with-body ')], { env, cwd }, (error, out, err) =>
      error ? reject(new Error(`${block}\n${out}${err}`)) : resolve(out),
    );
  });

async function runStream(t: ExecutionContext, block: string, wanted: RegExp): Promise<string> {
  const running = new Running(t, ['sh', '-ec', block.replace('curl ', 'curl -sS ')], { env, cwd });
  await nextStream(site, ['json', 'text']);
  await ann.json('POST', '/groups/lobby/messages', { body: 'deploy heard' });
  await running.saying(wanted);
  running.stop();
  return running.said;
}

for (const [index, [begins, prints, stream]] of BLOCKS.entries())
  test.serial(`docs/bots.md: command ${index + 1} prints what is expected: ${begins}`, async (t) => {
    t.timeout(120_000, 'each call of the command line starts a process');
    const block = runnable(commands[index] ?? '');
    t.true(block.startsWith(begins), block);
    t.regex(stream ? await runStream(t, block, prints) : await runBlock(block), prints);
  });
