import test from 'ava';
import { breachesIn, HOSTILE_NAMES, HOSTILE_TEXTS, shownIn } from '../../fixtures/hostile.ts';
import { cleanText } from '../../lib/text/body.ts';
import type { Client } from '../helpers/client.ts';
import { PASSWORD, startServer, type TestServer } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

let site: TestServer;
let ann: Client;
/** Addresses of groups with a hostile name and topic. */
const groups: string[] = [];
let hostileUser: Client;
/** Of the last entry in Lobby. */
let lastSeq = 0;

test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  for (const [index, name] of HOSTILE_NAMES.entries()) {
    hostileUser = await site.signUp(name);
    await hostileUser.form('/groups/join', { slug: 'lobby' });
    await hostileUser.json('POST', '/groups/lobby/messages', { body: `@${name} ${HOSTILE_TEXTS.at(-1 - index)}` });
    await newGroup(name, HOSTILE_TEXTS.at(index + HOSTILE_NAMES.length) ?? name);
    const made = (await ann.form('/groups/lobby/bots', { action: 'create', name: `${name.slice(0, 30)} 2` })).text;
    const hook = /\/hooks\/[A-Za-z0-9]+/.exec(made)?.[0] ?? '';
    await site.client().json('POST', hook, { text: name, username: HOSTILE_TEXTS.at(-1 - index) });
  }
  for (const text of HOSTILE_TEXTS) {
    const { seq } = (await ann.json('POST', '/groups/lobby/messages', { body: text })).json<{ seq: number }>();
    if (seq % 3 === 0) await ann.json('POST', `/groups/lobby/messages/${seq}/pin`);
    if (seq % 3 === 1) await ann.json('POST', `/groups/lobby/messages/${seq}/save`);
    await ann.json('POST', `/groups/lobby/messages/${seq}/reactions`, { emoji: text.replaceAll(/[\s/\p{Cc}]/gu, '').slice(0, 16) });
    if (seq % 5 === 0) await ann.json('PATCH', `/groups/lobby/messages/${seq}`, { body: `edited ${text}` });
  }
  lastSeq = Number(/id="m-(\d+)"/.exec((await ann.get('/groups/lobby?limit=1')).text.split('<article').at(-1) ?? '')?.[1]);
});
test.after.always(() => site.close());

async function newGroup(name: string, topic: string): Promise<void> {
  const { slug } = (await ann.json('POST', '/groups', { name, open: true })).json<{ slug: string }>();
  groups.push(`/groups/${slug}`);
  await ann.form(`/groups/${slug}/settings`, {
    action: 'topic',
    topic: topic.replaceAll(/[\p{Cc}\u2028\u202a-\u202e\u2060-\u206f\u061c\u200f]/gu, ' '),
  });
  await ann.form(`/groups/${slug}/bots`, { action: 'create', name: `${name.slice(0, 30)} 3` });
}

/** Asks for a page, finds nothing in it that should not be there, and gives what a reader sees. */
async function clean(
  t: { deepEqual: (a: unknown, b: unknown, m: string) => void },
  client: Client,
  path: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await client.get(path, 'text/html', headers);
  t.deepEqual(breachesIn(answer.text), [], path);
  return shownIn(answer.text);
}

test('hostile input: names and topics stay text on every page', async (t) => {
  const paths = ['', '/members', '/settings', '/bots', '/pins'];
  for (const [index, at] of groups.entries()) {
    const shown = await Promise.all(paths.map((path) => clean(t, ann, `${at}${path}`)));
    for (const text of shown) t.true(text.includes(HOSTILE_NAMES[index] ?? '-'), at);
  }
  for (const path of ['/groups', '/admin', '/groups/lobby/members', '/groups/lobby/bots', '/settings']) {
    const shown = await clean(t, path === '/settings' ? hostileUser : ann, path);
    const names = path === '/settings' ? HOSTILE_NAMES.slice(-1) : HOSTILE_NAMES;
    for (const name of names) t.true(shown.includes(name), `${path} ${name}`);
  }
  t.true((await clean(t, hostileUser, '/groups')).includes(HOSTILE_NAMES.at(-1) ?? '-'));
  await clean(t, await site.signUp('Newcomer'), '/groups'); // the open groups, to be joined
});

test('hostile input: messages stay text on the page, alone, as a row, and in the edit form', async (t) => {
  const shown = [await clean(t, ann, '/groups/lobby?limit=200'), await clean(t, ann, '/groups/lobby?before=40&limit=200')].join('');
  for (const text of HOSTILE_TEXTS) for (const line of cleanText(text).split('\n')) t.true(shown.includes(line), JSON.stringify(line));
  const messages = (await ann.get('/groups/lobby/messages?limit=200', 'application/json')).json<
    { seq: number; body: string; author: { name: string } }[]
  >();
  t.true(messages.length > HOSTILE_TEXTS.length);
  for (const { seq, author } of messages) {
    await clean(t, ann, `/groups/lobby/messages/${seq}`);
    await clean(t, ann, `/groups/lobby/messages/${seq}`, { 'HX-Request': 'true' });
    if (author.name === 'Ann') await clean(t, ann, `/groups/lobby/messages/${seq}/edit`);
  }
});

test('hostile input: messages stay text in pins, saved messages, search results, quotes and history', async (t) => {
  const isHostile = (shown: string): boolean =>
    HOSTILE_TEXTS.some((text) =>
      cleanText(text)
        .split('\n')
        .some((line) => shown.includes(line)),
    );
  for (const path of ['/groups/lobby/pins', '/saved', '/search?q=pwned']) t.true(isHostile(await clean(t, ann, path)), path);
  for (let seq = 1; seq <= lastSeq; seq += 3)
    for (const path of [`/groups/lobby/messages/${seq}/history`, `/groups/lobby?quote=${seq}`]) await clean(t, ann, path);
});

test("hostile input: a bot's name stays text on its page", async (t) => {
  const list = (await ann.get('/groups/lobby/bots')).text;
  const paths = [...new Set(list.match(/\/groups\/lobby\/bots\/[\w-]+/g))];
  t.is(paths.length, HOSTILE_NAMES.length);
  for (const path of paths) {
    const shown = await clean(t, ann, path);
    t.true(
      HOSTILE_NAMES.some((name) => shown.includes(`${name.slice(0, 30)} 2`)),
      path,
    );
  }
});

test('hostile input: the HTML in JSON is as safe as that of the pages', async (t) => {
  const messages = (await ann.get('/groups/lobby/messages?limit=200', 'application/json')).json<{ html: string; body: string }[]>();
  for (const { html, body } of messages) {
    t.deepEqual(breachesIn(html), []);
    t.is(shownIn(html), body);
  }
});

test('hostile input: fields of a refused form stay text', async (t) => {
  for (const text of HOSTILE_TEXTS) {
    const fields = { name: text, password: text.slice(0, 7), code: text, return_to: text, current: text };
    for (const [client, path, more] of [
      [site.client(), '/signup', {}],
      [site.client(), '/login', {}],
      [ann, '/groups', { name: text.repeat(5) }],
      [ann, '/groups/join', {}],
      [ann, '/settings/password', {}],
      [ann, '/groups/lobby/members', { action: 'add' }],
      [ann, '/groups/lobby/bots', { action: 'create', name: text.repeat(5) }],
      [ann, '/groups/lobby/settings', { action: 'rename', name: text.repeat(9) }],
      [ann, '/groups/lobby/messages', { body: text.repeat(5000) }],
      [ann, '/groups/lobby/messages', { body: text, key: '' }],
    ] as const) {
      const answer = await client.form(path, { ...fields, ...more });
      t.true(answer.status === 303 || (answer.status >= 400 && answer.status < 500), `${path} ${answer.status}`);
      t.deepEqual(breachesIn(answer.text), [], `${path} with ${text}`);
      site.clock.turn(60_000);
    }
  }
});

test('hostile input: URLs are not rendered as markup', async (t) => {
  for (const text of HOSTILE_TEXTS) {
    const encoded = encodeURIComponent(text);
    for (const path of [
      `/${encoded}`,
      `/groups/${encoded}`,
      `/login?return_to=${encoded}`,
      `/?return_to=${encoded}`,
      `/groups/lobby?before=${encoded}`,
      `/static/${encoded}`,
    ])
      for (const client of [ann, site.client()]) await clean(t, client, path);
  }
});

for (const as of ['html', 'json', 'text'] as const)
  test(`no text can end an event of a stream, or make one, as ${as}`, async (t) => {
    if (as === 'text') {
      const lines = await readUntil(
        `/groups/lobby/events?after=0&as=text`,
        (text) => text.includes('DROP TABLE users; --\n') && text.endsWith('\n'),
      );
      t.notRegex(lines, /(?![\n\t])\p{Cc}/u, 'nothing that a terminal would act on');
      return;
    }
    const stream = await EventReader.open(ann, `/groups/lobby/events?after=0&as=${as}`);
    const events = await stream.until((all) => all.some(({ id }) => id?.startsWith(`${lastSeq}.`)));
    stream.close();
    const numbered = events.filter(({ id }) => id !== undefined);
    t.deepEqual(
      numbered.map(({ id }) => id?.replace(/\.\d{6}$/, '')),
      numbered.map((_, index) => String(index + 1)),
    );
    t.false(events.some(({ event }) => event === 'closed'));
    for (const { data } of numbered) {
      t.false(data.includes('\r'));
      if (as === 'html') t.deepEqual(breachesIn(data), []);
      else t.notThrows(() => JSON.parse(data));
    }
  });

test('hostile input: the live document is as safe as the page', async (t) => {
  const html = await readUntil('/groups/lobby/live', (text) => text.includes(`id="m-${lastSeq}"`) && text.endsWith('</article>\n'));
  t.deepEqual(breachesIn(html), []);
});

/** Reads a stream that does not end until what came is enough. */
async function readUntil(path: string, isEnough: (text: string) => boolean): Promise<string> {
  const controller = new AbortController();
  const response = await ann.open(path, { headers: { Accept: '*/*' }, signal: controller.signal });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (isEnough(text)) break;
  }
  controller.abort();
  return text;
}

test('hostile input: users with such names can log in', async (t) => {
  for (const name of HOSTILE_NAMES) {
    const answer = await site.client().form('/login', { name, password: PASSWORD });
    t.is(answer.status, 303, name);
  }
});
