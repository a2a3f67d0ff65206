import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createBot } from '../../lib/bots/operations.ts';
import { setWebhook } from '../../lib/webhooks/outgoing/operations.ts';
import { groupAt, newHook, postAs, userNamed } from '../helpers/fixtures.ts';
import { startServerFor } from '../helpers/server.ts';

/** A server on this machine that notes the paths that it is asked for. */
async function openListener(t: ExecutionContext) {
  const asked: string[] = [];
  const listener = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => void listener.close().closeAllConnections());
  return { asked, url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}` };
}

/** Every field of the formats of incoming webhooks that holds a URL, and those by which other servers were made to call one. */
const payloads = (url: string): object[] => [
  {
    text: `see ${url}/text and <${url}/link|this>`,
    icon_url: `${url}/icon`,
    response_url: `${url}/response`,
    attachments: [
      {
        text: 'x',
        title_link: `${url}/title`,
        author_icon: `${url}/author`,
        image_url: `${url}/image`,
        thumb_url: `${url}/thumb`,
        callback_id: `${url}/callback`,
        actions: [{ type: 'button', text: 'Go', url: `${url}/button` }],
      },
    ],
    blocks: [{ type: 'image', image_url: `${url}/block`, alt_text: 'x', slack_file: { url: `${url}/file` } }],
  },
  {
    content: `![x](${url}/markdown)`,
    avatar_url: `${url}/avatar`,
    embeds: [{ title: 'x', url: `${url}/embed`, image: { url: `${url}/embedded` }, thumbnail: { url: `${url}/small` } }],
    attachments: [{ id: 0, url: `${url}/attached` }],
  },
  { text: 'x', props: { attachments: [{ text: 'y', actions: [{ id: 'go', name: 'Go', integration: { url: `${url}/integration` } }] }] } },
  { Type: 'SubscriptionConfirmation', Message: 'x', SubscribeURL: `${url}/subscribe`, SigningCertURL: `${url}/certificate` },
  { text: 'x', url: `${url}/field`, webhook: `${url}/hook`, callback: `require('node:http').get('${url}/code')`, avatar: `${url}/rocket` },
];

test('no URL in a message or webhook is called by the server, even of a host that outgoing calls may reach; the webhook of a bot is, and the URL of an action that is used', async (t) => {
  const { asked, url } = await openListener(t);
  const site = await startServerFor(t, { env: { ALLOW_OUTGOING: '127.0.0.1' } });
  const ann = await site.signUp('Ann');
  const hook = await newHook(ann, 'Alerts');
  for (const payload of payloads(url)) {
    const headers = { 'x-amz-sns-message-type': 'SubscriptionConfirmation' };
    const posted = [
      await site.client().json('POST', hook, payload, headers),
      await site.client().form(hook, { payload: JSON.stringify(payload) }),
    ];
    for (const { status } of posted) t.true(status === 200 || status === 204, JSON.stringify(payload)); // 204: as Discord's
  }
  for (const format of ['text', 'markdown'])
    t.is((await ann.json('POST', '/groups/lobby/messages', { body: `${url}/said ![x](${url}/drawn)`, format })).status, 201);
  const upload = new FormData();
  upload.set('attachment', new Blob([`<svg xmlns="http://www.w3.org/2000/svg"><image href="${url}/svg"/></svg>`]), `${url}/name.svg`);
  t.is((await ann.send('/groups/lobby/messages', { method: 'POST', body: upload })).status, 303);
  t.is((await ann.get('/groups/lobby')).status, 200);

  const { user } = await createBot(site.core, (await userNamed(site.core, 'Ann')).id, {
    name: 'Echo',
    group: await groupAt(site.core, 'lobby'),
  });
  await setWebhook(site.core, user, { url: `${url}/bot` });
  await postAs(ann, '@Echo?');
  site.server.deliveries.wake();
  await site.server.deliveries.idle();
  t.deepEqual(asked, ['POST /bot']);

  const messages = (await ann.get('/groups/lobby/messages?limit=100', 'application/json')).json<
    { url: string; actions: { id: string }[] }[]
  >();
  const offer = messages.find(({ actions }) => actions.some(({ id }) => id === 'go'));
  t.is((await ann.json('POST', `${offer?.url}/actions/go`)).status, 200);
  site.server.deliveries.wake();
  await site.server.deliveries.idle();
  t.deepEqual(asked.slice(1), ['POST /integration']);
});
