import test from 'ava';
import { shownIn } from '../../fixtures/hostile.ts';
import { DISCORD_CLIENTS } from '../../fixtures/webhooks/discord-clients.ts';
import { FORGE_CLIENTS } from '../../fixtures/webhooks/forge-clients.ts';
import { HOOKS_CLIENTS } from '../../fixtures/webhooks/hooks-clients.ts';
import { NOTICE_CLIENTS } from '../../fixtures/webhooks/notice-clients.ts';
import { SLACK_CLIENTS } from '../../fixtures/webhooks/slack-clients.ts';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { botFor, page } from './bot-page.ts';

let site: TestServer;
let ann: Client;
let hook: string;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  hook = (await botFor(site, 'Reporter')).bot.hook;
});
test.after.always(() => site.close());

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Payloads from the documentation or source of clients that cannot run here. */
const DOCUMENTED: readonly (readonly [client: string, headers: Readonly<Record<string, string>>, body: string, ...sees: string[]])[] = [
  [
    'Uptime Kuma, as Slack',
    JSON_TYPE,
    JSON.stringify({
      text: 'Uptime Kuma Alert',
      channel: '',
      username: 'Uptime Kuma',
      icon_emoji: ':robot_face:',
      attachments: [
        {
          color: '#e01e5a',
          blocks: [
            { type: 'header', text: { type: 'plain_text', text: 'Uptime Kuma Alert' } },
            {
              type: 'section',
              fields: [
                { type: 'mrkdwn', text: '*Message*\n[Shop] [🔴 Down] timeout' },
                { type: 'mrkdwn', text: '*Time (UTC)*\n2026-01-02' },
              ],
            },
          ],
        },
      ],
    }),
    'Uptime Kuma Alert',
    '[Shop] [🔴 Down] timeout',
  ],
  [
    'Uptime Kuma, as a webhook',
    JSON_TYPE,
    JSON.stringify({ heartbeat: { status: 0 }, monitor: { name: 'Shop' }, msg: '[Shop] [🔴 Down] timeout' }),
    '[Shop] [🔴 Down] timeout',
  ],
  [
    'Healthchecks, as Slack',
    JSON_TYPE,
    JSON.stringify({
      username: 'Healthchecks',
      icon_url: 'https://hc.example.org/logo.png',
      attachments: [
        {
          color: 'danger',
          fallback: 'The check "Backup" is DOWN.',
          mrkdwn_in: ['fields'],
          title: '“Backup” is DOWN.',
          title_link: 'https://hc.example.org/1',
          fields: [{ title: 'Period', value: '1 day', short: true }],
        },
      ],
    }),
    '“Backup” is DOWN.',
    '1 day',
  ],
  ['Home Assistant, notify.rest', JSON_TYPE, JSON.stringify({ message: 'The door is open', title: 'Home' }), 'Home', 'The door is open'],
  [
    'a script for ntfy',
    { Title: 'Backup', Tags: 'warning', 'Content-Type': 'application/x-www-form-urlencoded' },
    'Backup of db1 failed & stays so',
    'Backup of db1 failed & stays so',
  ],
];

for (const [client, headers, body, ...sees] of DOCUMENTED)
  test.serial(`docs clients: a message of ${client} is readable`, async (t) => {
    const answer = await site.client().send(hook, { method: 'POST', headers, body: new TextEncoder().encode(body) });
    t.is(answer.text, 'ok');
    const html = (await ann.get('/groups/lobby/messages?limit=1')).text;
    const row = shownIn(/<article id="m-\d+".*?<\/article>/s.exec(html)?.[0].split('<details')[0] ?? '');
    for (const words of sees) t.true(row.includes(words), `${words}\n${row}`);
  });

/** The recorded shape by which a client of the table is tested; the others are run (test/webhooks/incoming/real-clients.test.ts), or stand above. */
const SHAPES = [
  'wget',
  'httpie',
  'requests',
  'urllib',
  'slack-notify',
  'node-slack',
  'slack-webhook',
  'winston-slack-webhook-transport',
  'slack-go',
  'slack-api-client',
  'logback',
  'slack-notifier',
  'Monolog',
  'Grafana',
  'GitHub',
  'Gitea',
  'Forgejo',
  'GitLab',
  'Jenkins',
  'Sentry',
  'netdata',
  'shoutrrr',
  'matterhook',
  'mattermost-client-py',
  'Ansible `mattermost`',
  'Ansible `rocketchat`',
  'discord.js',
  'discord-webhook-node',
  'dhooks-lite',
  'Standard Webhook',
  'CloudEvent',
];

test('docs clients: every client listed as tested by a recorded request has one', (t) => {
  const recorded = [...SLACK_CLIENTS, ...HOOKS_CLIENTS, ...DISCORD_CLIENTS, ...NOTICE_CLIENTS, ...FORGE_CLIENTS].map(({ client }) =>
    client.toLowerCase(),
  );
  const table = /^## Clients\n.*?(?=^## )/ms.exec(page)?.[0] ?? '';
  for (const name of SHAPES) {
    t.true(table.includes(name), `${name} is in the table`);
    t.true(
      recorded.some((client) => client.includes(name.replaceAll('`', '').toLowerCase())),
      `${name} is recorded`,
    );
  }
});
