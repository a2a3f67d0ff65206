import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { shownIn } from '../../../fixtures/hostile.ts';
import { startService } from '../../helpers/process.ts';
import { present, program, requireOrSkip } from '../../helpers/services.ts';
import { EventReader } from '../../helpers/stream.ts';
import { clientsPython, run, slackWebhook } from './clients.ts';
import { openHookSite } from './fixtures.ts';

/*
 * Published clients, configured only with the URL. The assertions read the page.
 * recorded.test.ts has the payloads of clients that are not run here.
 */

const { site, ann, token } = await openHookSite();
test.after.always(() => site.close());

/** The visible text of the newest messages, the newest last. */
async function seen(count: number): Promise<string[]> {
  const page = (await ann.get(`/groups/lobby/messages?limit=${count}`)).text;
  return [...page.matchAll(/<article id="m-\d+".*?<\/article>/gs)].map(([row]) => shownIn(row.split('<details')[0] ?? ''));
}

async function sees(t: ExecutionContext, ...words: readonly string[]): Promise<void> {
  const [row = ''] = await seen(1);
  for (const word of words) t.true(row.includes(word), `${word}\n${row}`);
}

const [python, slack, curl, alertmanager] = [clientsPython(), slackWebhook(), program('curl'), program('prometheus-alertmanager')];
const url = (path: string): string => site.url + path.replace('TOKEN', token);

const CURL: [what: string, args: (hook: string) => string[], input: string, ...words: string[]][] = [
  ['-d text', (hook) => ['-d', 'disk 91% full & a=b', hook], '', 'disk 91% full & a=b'],
  ['-d JSON', (hook) => ['-d', '{"text":"*bold* & 100%"}', hook], '', 'bold & 100%'],
  ['--data-urlencode', (hook) => ['--data-urlencode', 'text=a + b & c', hook], '', 'a + b & c'],
  ['-F', (hook) => ['-F', 'text=by form', '-F', 'file=@-;filename=log.txt', hook], 'log', 'by form', 'log.txt', '3 bytes'],
  ['-d payload', (hook) => ['-d', 'payload={"text":"100% & more"}', hook], '', '100% & more'],
  ['--data-binary from a pipe', (hook) => ['--data-binary', '@-', hook], 'line one\nline two\n', 'line one\nline two'],
  ['-T (PUT)', (hook) => ['-T', '-', hook], 'by put', 'by put'],
  [
    'of 900 kB (Expect: 100-continue)',
    (hook) => ['--data-binary', '@-', hook],
    `begin ${'x'.repeat(900_000)}`,
    'begin xxx',
    '[cut: 900006 bytes, 65536 at most]',
  ],
];
const withCurl = requireOrSkip(test, curl);
for (const [what, args, input, ...words] of CURL)
  withCurl.serial(`real clients: curl ${what}`, async (t) => {
    const { path } = present(curl);
    t.deepEqual(await run(path, ['-sS', '--fail', ...args(url('/hooks/TOKEN'))], input), { status: 0, out: 'ok', err: '' });
    await sees(t, ...words);
  });

withCurl.serial('real clients: curl -f fails when nothing was posted', async (t) => {
  const { path } = present(curl);
  const { status, out } = await run(path, ['-sS', '--fail-with-body', '-d', '', url('/hooks/TOKEN')]);
  t.deepEqual([status, out], [22, 'no_text']);
});

const withSlack = requireOrSkip(test, slack);
withSlack.serial('@slack/webhook: text, blocks and attachments', async (t) => {
  const { IncomingWebhook } = present(slack);
  const hook = new IncomingWebhook(url('/services/T0/B0/TOKEN'), { username: 'deploys', icon_emoji: ':rocket:' });
  t.is((await hook.send('Deploy of *web*, see <https://ci.example.org/7|build 7>')).text, 'ok');
  await sees(t, 'as deploys', '🚀', 'Deploy of web, see build 7');
  const blocks = [
    { type: 'header', text: { type: 'plain_text', text: 'Weekly' } },
    { type: 'section', text: { type: 'mrkdwn', text: '_nothing_ new' } },
  ];
  t.is((await hook.send({ text: 'notice', blocks, attachments: [{ color: 'good', title: 'A card', text: 'with text' }] })).text, 'ok');
  await sees(t, 'Weekly', 'nothing new', 'A card', 'with text');
  await t.throwsAsync(hook.send({ text: '' }), { message: /400/ });
});

const SLACK_SDK = `
import sys
from slack_sdk.webhook import WebhookClient
hook = WebhookClient(sys.argv[1])
one = hook.send(text="from *slack_sdk* & <https://e.example.org|a link>")
two = hook.send(text="t", blocks=[{"type": "section", "fields": [{"type": "mrkdwn", "text": "*Who*\\nann"}]}])
three = hook.send(text="")
print(one.status_code, one.body, two.status_code, two.body, three.status_code, three.body)
`;
const withPython = requireOrSkip(test, python);
withPython.serial('slack_sdk: WebhookClient', async (t) => {
  const { status, out, err } = await run(present(python).path, ['-c', SLACK_SDK, url('/services/T0/B0/TOKEN')]);
  t.is(status, 0, err);
  t.is(out.trim(), '200 ok 200 ok 400 no_text');
  const [one, two] = await seen(2);
  t.regex(one ?? '', /from slack_sdk & a link/);
  t.regex(two ?? '', /Who\s*ann/);
});

const APPRISE: [what: string, address: (host: string, token: string) => string, ...words: string[]][] = [
  ['mmost://', (host, key) => `mmost://${host}/${key}`, 'as Apprise', 'a title', 'a body & <more>'],
  ['rocket://', (host, key) => `rocket://parley%2F${key}@${host}/?mode=webhook`, 'a title', 'a body & <more>'],
  ['json://', (host, key) => `json://${host}/hooks/${key}`, 'a title', 'a body & <more>'],
  ['form://', (host, key) => `form://${host}/hooks/${key}`, 'a title', 'a body & <more>'],
  ['xml://', (host, key) => `xml://${host}/hooks/${key}`, 'a title', 'a body & <more>'],
];
for (const [what, address, ...words] of APPRISE)
  withPython.serial(`apprise ${what}`, async (t) => {
    const { bin } = present(python);
    const target = address(new URL(site.url).host, token);
    const { status, out, err } = await run(join(bin, 'apprise'), ['-t', 'a title', '-b', 'a body & <more>', target]);
    t.is(status, 0, out + err);
    await sees(t, ...words);
  });

const DISCORD = `
import sys
from discord_webhook import DiscordWebhook, DiscordEmbed
plain = DiscordWebhook(url=sys.argv[1], content="from **discord-webhook**", username="py")
answer = plain.execute()
print(answer.status_code, answer.json()["content"], plain.id)
rich = DiscordWebhook(url=sys.argv[1])
embed = DiscordEmbed(title="An embed", description="with ~~old~~ text", color="03b2f8")
embed.add_embed_field(name="Field", value="value")
embed.set_footer(text="foot")
rich.add_embed(embed)
rich.add_file(file=b"some bytes", filename="report.txt")
print(rich.execute().status_code)
`;
withPython.serial('discord-webhook: content, embed and file', async (t) => {
  const { status, out, err } = await run(present(python).path, ['-c', DISCORD, url('/api/webhooks/1234/TOKEN')]);
  t.is(status, 0, err);
  t.regex(out, /^200 from discord-webhook \d+\n200\n$/);
  const [one = '', two = ''] = await seen(2);
  for (const word of ['as py', 'from discord-webhook']) t.true(one.includes(word), one);
  for (const word of ['An embed', 'with old text', 'Field', 'value', 'foot', 'report.txt']) t.true(two.includes(word), two);
});

const configOf = (slackUrl: string, hook: string, discord: string): string => `
route: {receiver: all, group_wait: 1ms, group_by: [alertname]}
receivers:
- name: all
  slack_configs: [{api_url: '${slackUrl}', channel: '#ops', send_resolved: true}]
  webhook_configs: [{url: '${hook}'}]
  discord_configs: [{webhook_url: '${discord}'}]
`;

requireOrSkip(test, alertmanager).serial('Alertmanager: slack, webhook and discord', async (t) => {
  const { path } = present(alertmanager);
  const dir = await mkdtemp(join(tmpdir(), 'parley-alertmanager-config-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  const config = join(dir, 'alertmanager.yml');
  await writeFile(config, configOf(url('/services/T0/B0/TOKEN'), url('/hooks/TOKEN'), url('/api/webhooks/1/TOKEN')));
  const stream = await EventReader.open(ann, '/groups/lobby/events?as=json');
  t.teardown(() => stream.close());
  const service = await startService({
    name: 'alertmanager',
    command: path,
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
  const alert = {
    labels: { alertname: 'DiskFull', instance: 'db1' },
    annotations: { summary: 'The disk of db1 is nearly full' },
    generatorURL: 'http://prom.example.org/graph',
  };
  const taken = await fetch(`${service.url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([alert]),
  });
  t.is(taken.status, 200);
  await stream.until((events) => events.filter(({ data }) => data.includes('"kind":"message"')).length === 3);
  const rows = await seen(3);
  const ours = rows.find((row) => row.includes('🔥')) ?? '';
  for (const word of ['[FIRING:1] DiskFull', 'The disk of db1 is nearly full', 'instance=db1', 'Source']) t.true(ours.includes(word), ours);
  t.is(rows.filter((row) => row.includes('[FIRING:1] DiskFull')).length, 3, rows.join('\n'));
});
