import test, { type ExecutionContext } from 'ava';
import { shownIn } from '../../../fixtures/hostile.ts';
import { setHookSecrets } from '../../../lib/bots/operations.ts';
import { sign } from '../../../lib/webhooks/signing.ts';
import type { Answer } from '../../helpers/client.ts';
import { groupAt, newHookToken, userNamed } from '../../helpers/fixtures.ts';
import { startServerFor } from '../../helpers/server.ts';
import { present, requireOrSkip } from '../../helpers/services.ts';
import { clientsPython, run } from './clients.ts';
import { openHookSite } from './fixtures.ts';

/* Discord's clients read, edit and delete what they posted: GET, PATCH and DELETE of `<webhook URL>/messages/<id>`. */

const { site, ann, token } = await openHookSite({ MAX_BODY_BYTES: '2000' });
test.after.always(() => site.close());

type DiscordMessage = {
  readonly id: string;
  readonly content: string;
  readonly edited_timestamp: string | null;
  readonly webhook_id: string;
};

async function posted(body: object, path = `/api/webhooks/1/${token}?wait=true`): Promise<DiscordMessage> {
  const answer = await site.client().json('POST', path, body);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json<DiscordMessage>();
}

const urlOf = (id: string, key = token): string => `/api/webhooks/1/${key}/messages/${id}`;
const send = (method: string, path: string, body?: object): Promise<Answer> => site.client().json(method, path, body);

async function shown(id: string): Promise<string> {
  const page = (await ann.get(`/groups/lobby/messages/${id}`)).text;
  return shownIn(/<article id="m-\d+".*?<\/article>/s.exec(page)?.[0].split('<details')[0] ?? '');
}

const URLS: [what: string, post: () => string, url: (id: string) => string][] = [
  ['Discord’s URL', () => `/api/webhooks/1/${token}?wait=true`, (id) => urlOf(id)],
  [
    'Discord’s URL with a version',
    () => `/api/v10/webhooks/1/${token}?wait=true`,
    (id) => `/api/v10/webhooks/1/${token}/messages/${id}?wait=true`,
  ],
  ['our own URL', () => `/hooks/${token}?wait=true`, (id) => `/hooks/${token}/messages/${id}?wait=True`],
];
for (const [what, post, url] of URLS)
  test.serial(`discord edit: a message posted by ${what} can be read, edited and erased`, async (t) => {
    const made = await posted({ content: 'deploying', username: 'ci' }, post());
    t.deepEqual((await send('GET', url(made.id))).json(), made as object, 'as it was answered');
    site.clock.turn(1000);
    const edited = await send('PATCH', url(made.id), { content: 'deployed **7**' });
    t.is(edited.status, 200);
    t.deepEqual(edited.json(), { ...made, content: 'deployed 7', edited_timestamp: new Date(site.clock.now()).toISOString() });
    t.regex(await shown(made.id), /Deploy.*as ci.*deployed 7/s);
    const gone = await send('DELETE', url(made.id));
    t.deepEqual([gone.status, gone.text], [204, '']);
    t.true((await ann.get(`/groups/lobby/messages/${made.id}`, 'application/json')).json().erased);
    for (const method of ['GET', 'PATCH', 'DELETE'])
      unknown(t, await send(method, url(made.id), method === 'GET' ? undefined : { content: 'x' }), method);
  });

function unknown(t: ExecutionContext, answer: Answer, what: string): void {
  t.deepEqual([answer.status, answer.json()], [404, { message: 'Unknown Message', code: 10008 }], what);
}

const CARD = { title: 'Build 7', description: 'running' };
const PARTS: [what: string, first: object, then: object, content: string][] = [
  ['content alone keeps the embeds', { content: 'a', embeds: [CARD] }, { content: 'b' }, 'b\nBuild 7\nrunning'],
  ['embeds alone keep the content', { content: 'a < *b*', embeds: [CARD] }, { embeds: [{ title: 'Build 8' }] }, 'a < b\nBuild 8'],
  ['embeds are added to plain content, which stays as it is', { content: '1. a < b' }, { embeds: [CARD] }, '1. a < b\nBuild 7\nrunning'],
  ['removing the content leaves the embeds', { content: 'a', embeds: [CARD] }, { content: null }, 'Build 7\nrunning'],
  ['removing the embeds leaves the content', { content: 'a', embeds: [CARD] }, { embeds: [] }, 'a'],
  ['both are replaced', { content: 'a', embeds: [CARD] }, { content: 'b', embeds: [{ title: 'B' }] }, 'b\nB'],
];
for (const [what, first, then, content] of PARTS)
  test.serial(`discord edit: ${what}`, async (t) => {
    const { id } = await posted(first);
    const edited = await send('PATCH', urlOf(id), then);
    t.deepEqual([edited.status, edited.json().content], [200, content]);
    t.is((await ann.get(`/groups/lobby/messages/${id}`, 'application/json')).json().body, content);
  });

test.serial('discord edit: an edit in another format is parsed like a post; a long one is cut', async (t) => {
  const { id } = await posted({ content: 'first' });
  const text = await site.client().send(urlOf(id), { method: 'PATCH', body: 'as plain text, *so*' });
  t.is(text.json().content, 'as plain text, *so*');
  t.is(
    (await send('PATCH', urlOf(id), { text: '*Slack* <https://e.example.org|here>' })).json().content,
    'Slack here (https://e.example.org/)',
  );
  t.regex(
    (await send('PATCH', urlOf(id), { content: 'z'.repeat(5000) })).json<DiscordMessage>().content,
    /^z+(.|\n)*\[cut: \d+ bytes, 2000 at most\]$/,
  );
});

const WRONG: [what: string, body: string, status: number, code: number][] = [
  ['nothing', '{}', 400, 50006],
  ['nothing any more', '{"content":"","embeds":[]}', 400, 50006],
  ['blanks', '   ', 400, 50006],
  ['broken JSON', '{"content":', 400, 50035],
  ['too much', 'x'.repeat(1024 * 1024 + 1), 413, 40005],
];
for (const [what, body, status, code] of WRONG)
  test.serial(`discord edit: an edit to ${what} gets Discord’s error and changes nothing`, async (t) => {
    const { id } = await posted({ content: 'kept' });
    const answer = await site.client().send(urlOf(id), { method: 'PATCH', body });
    t.deepEqual([answer.status, answer.json().code], [status, code]);
    t.is((await send('GET', urlOf(id))).json().content, 'kept');
  });

test.serial('discord edit: messages of others are unknown, like absent ones', async (t) => {
  const other = await newHookToken(ann, 'Other');
  const { id } = await posted({ content: 'mine' });
  const theirs = await posted({ content: 'theirs' }, `/api/webhooks/1/${other}?wait=true`);
  const { seq } = (await ann.json('POST', '/groups/lobby/messages', { body: 'by a person' })).json();
  for (const wrong of [theirs.id, String(seq), '1', '9999', '0', '-1', '01', '1e0', 'x', '%20', '@original', '9'.repeat(30)])
    for (const method of ['GET', 'PATCH', 'DELETE'])
      unknown(t, await send(method, urlOf(wrong), method === 'GET' ? undefined : { content: 'x' }), `${method} ${wrong}`);
  unknown(t, await send('DELETE', urlOf(id, other)), 'by another webhook');
  const none = await send('DELETE', urlOf(id, 'x'.repeat(40)));
  t.deepEqual([none.status, none.json().code], [404, 10015], 'by no webhook');
  t.is((await send('GET', urlOf(id))).json().content, 'mine');
  t.is((await send('GET', urlOf(theirs.id, other))).json().content, 'theirs');
});

test.serial('discord edit: another webhook of the same bot may edit', async (t) => {
  const { createHook } = await import('../../../lib/bots/operations.ts');
  const [user, group] = await Promise.all([userNamed(site.core, 'Deploy'), groupAt(site.core, 'lobby')]);
  const second = (await createHook(site.core, user, group)).replace('/hooks/', '');
  const { id } = await posted({ content: 'by the first' });
  t.is((await send('PATCH', urlOf(id, second), { content: 'by the second' })).json().content, 'by the second');
});

test.serial('discord edit: other methods are 405', async (t) => {
  for (const method of ['POST', 'PUT']) {
    const answer = await send(method, urlOf('1'), {});
    t.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD, PATCH, DELETE']);
  }
});

test.serial('discord edit: requires a signature where posts do', async (t) => {
  const key = await newHookToken(ann, 'Signed');
  const { id } = await posted({ content: 'before the secret' }, `/api/webhooks/1/${key}?wait=true`);
  const user = await userNamed(site.core, 'Signed');
  const secret = 'a-secret-of-some-length';
  await setHookSecrets(site.core, user, [secret]);
  const seconds = Math.floor(site.clock.now() / 1000);
  for (const [method, body, status] of [
    ['GET', '', 200],
    ['PATCH', '{"content":"signed"}', 200],
    ['DELETE', '', 204],
  ] as const) {
    const content = body === '' ? {} : { body };
    const bare = await site.client().send(urlOf(id, key), { method, ...content });
    t.deepEqual([bare.status, bare.json().code], [403, 50013], method);
    const answer = await site.client().send(urlOf(id, key), { method, ...content, headers: sign([secret], 'm-1', seconds, body) });
    t.is(answer.status, status, method);
  }
});

test("discord edit: counts as a post for the rate limit, in Discord's format", async (t) => {
  const small = await startServerFor(t);
  const eve = await small.signUp('Eve');
  const hook = await newHookToken(eve, 'Busy');
  const { id } = (await small.client().json('POST', `/api/webhooks/1/${hook}?wait=true`, { content: 'x' })).json<DiscordMessage>();
  const path = `/api/webhooks/1/${hook}/messages/${id}`;
  const edits = await Promise.all(Array.from({ length: 61 }, (_, i) => small.client().json('PATCH', path, { content: `x${i}` })));
  const refused = edits.filter(({ status }) => status !== 200);
  t.deepEqual(
    refused.map(({ status, headers }) => [status, headers.get('retry-after'), headers.get('x-ratelimit-reset-after')]),
    [[429, '1', '1']],
  );
});

const CLIENT = `
import sys
from discord_webhook import DiscordWebhook, DiscordEmbed
hook = DiscordWebhook(url=sys.argv[1], content="deploying", username="py")
print(hook.execute().status_code)
hook.content = "deployed"
hook.add_embed(DiscordEmbed(title="Build 7", description="in 3 minutes"))
answer = hook.edit()
print(answer.status_code, answer.json()["id"] == hook.id, answer.json()["edited_timestamp"] is not None)
other = DiscordWebhook(url=sys.argv[1], content="a mistake")
other.execute()
print(other.delete().status_code, other.delete().status_code)
print(hook.id, other.id)
`;
const python = clientsPython();
const withPython = requireOrSkip(test, python);
for (const [what, base] of [
  ['Discord’s URL', '/api/webhooks/1234/'],
  ['our own URL', '/hooks/'],
])
  withPython.serial(`discord edit: the Python package discord-webhook edits and deletes by ${what}`, async (t) => {
    const { status, out, err } = await run(present(python).path, ['-c', CLIENT, `${site.url}${base}${token}`]);
    t.is(status, 0, err);
    const [first, second, third, ids = ''] = out.trim().split('\n');
    t.deepEqual([first, second, third], ['200', '200 True True', '204 404']);
    const [kept = '', gone = ''] = ids.split(' ');
    t.regex(await shown(kept), /as py.*deployed.*Build 7.*in 3 minutes/s);
    t.false((await shown(gone)).includes('mistake'));
  });
