import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { setHookSecrets } from '../../lib/bots/operations.ts';
import { newHookSecret } from '../../lib/webhooks/incoming/secrets.ts';
import type { Client } from '../helpers/client.ts';
import { startService } from '../helpers/process.ts';
import { program } from '../helpers/programs.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { present, requireOrSkip } from '../helpers/services.ts';
import { EventReader } from '../helpers/stream.ts';
import { botFile, botFor, Running } from './bot-page.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer();
  ann = await site.signUp('Ann');
});
test.after.always(() => site.close());

const curl = requireOrSkip(test, program('curl'));
type Said = { readonly seq: number; readonly body: string; readonly edited_at: string | null; readonly author: { readonly name: string } };
const newest = async (): Promise<Said | undefined> =>
  (await ann.get('/groups/lobby/messages?limit=1', 'application/json')).json<Said[]>()[0];

curl.serial('recipes: a deploy updates one message', async (t) => {
  const { env } = await botFor(site, 'Deploy');
  const deploy = async (...args: string[]) => {
    const running = new Running(t, ['sh', botFile('deploy.sh'), ...args], { env, cwd: tmpdir() });
    return { status: await running.exited, said: running.said };
  };
  t.deepEqual(await deploy('7', 'true'), { status: 0, said: '' });
  const first = await newest();
  t.like(first, { body: 'Deploy 7: live', author: { name: 'Deploy' } });
  t.not(first?.edited_at, null, 'it said so in the message that it began with');
  t.is((await deploy('7', 'sh', '-c', 'exit 3')).status, 1);
  t.like(await newest(), { seq: first?.seq, body: 'Deploy 7: FAILED' });
  await deploy('8', 'true');
  t.true(((await newest())?.seq ?? 0) > (first?.seq ?? 0), 'another deploy is another message');
});

curl.serial('recipes: a failed cron job posts a message, a successful one does not', async (t) => {
  const { env } = await botFor(site, 'Cron');
  const before = await newest();
  const job = async (script: string) =>
    new Running(t, ['sh', botFile('report.sh'), 'sh', '-c', script], {
      env: { ...env, HOOK: `${site.url}/hooks/${env.HOOK}` },
      cwd: tmpdir(),
    }).exited;
  t.is(await job('echo all well'), 0);
  t.is((await newest())?.seq, before?.seq);
  t.is(await job('echo "disk & quota" full >&2; exit 4'), 4);
  t.regex((await newest())?.body ?? '', /^sh failed \(4\) on .+:\ndisk & quota full$/);
});

test.serial('recipes: only requests signed by GitHub with the secret are accepted', async (t) => {
  const { bot, env } = await botFor(site, 'GitHub');
  const secret = newHookSecret(site.core);
  await setHookSecrets(site.core, bot.user, [secret]);
  const body = JSON.stringify({
    zen: 'Speak plainly.',
    hook_id: 1,
    repository: { full_name: 'acme/shop', html_url: 'https://github.example.org/acme/shop' },
  });
  const deliver = (key: string) =>
    site.client().send(`/hooks/${env.HOOK}`, {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/json',
        'X-GitHub-Event': 'ping',
        'X-Hub-Signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
      },
    });
  t.is((await deliver('another')).status, 403);
  t.is((await deliver(secret)).text, 'ok');
  t.regex((await newest())?.body ?? '', /acme\/shop.*Speak plainly\./);
});

const [alertmanager, amtool] = [program('prometheus-alertmanager'), program('amtool')];
requireOrSkip(test, alertmanager, amtool).serial(
  'recipes: Alertmanager accepts the configuration, and its alerts are posted',
  async (t) => {
    t.timeout(120_000);
    const { env } = await botFor(site, 'Alerts');
    const dir = await mkdtemp(join(tmpdir(), 'parley-recipe-'));
    t.teardown(() => rm(dir, { recursive: true, force: true }));
    const config = join(dir, 'alertmanager.yml');
    const written = await readFile(botFile('alertmanager.yml'), 'utf8');
    await writeFile(
      config,
      `${written.replace('https://chat.example.org/hooks/TOKEN', `${site.url}/hooks/${env.HOOK}`).replace('receiver: parley', 'receiver: parley\n  group_wait: 1ms')}`,
    );
    const checked = new Running(t, [present(amtool).path, 'check-config', config], { env, cwd: dir });
    t.is(await checked.exited, 0, checked.said);
    const service = await startService({
      name: 'alertmanager',
      command: present(alertmanager).path,
      args: (port, data) => [
        `--config.file=${config}`,
        `--storage.path=${data}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      listening: /Listening on/,
      url: (port) => `http://127.0.0.1:${port}`,
    });
    t.teardown(service.stop);
    const stream = await EventReader.open(ann, '/groups/lobby/events?as=json');
    t.teardown(() => stream.close());
    const alerts = [{ labels: { alertname: 'DiskFull', instance: 'db1' }, annotations: { summary: 'The disk of db1 is nearly full' } }];
    await fetch(`${service.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    const events = await stream.until((all) => all.some(({ data }) => data.includes('"kind":"message"')));
    t.regex(events.at(-1)?.data ?? '', /DiskFull.*The disk of db1 is nearly full/);
  },
);
