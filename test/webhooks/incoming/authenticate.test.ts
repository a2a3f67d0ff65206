import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { Answer } from '../../helpers/client.ts';
import { openHookSite } from './fixtures.ts';

const { site, ann, token } = await openHookSite({ MAX_BODY_BYTES: '2000' });
test.after.always(() => site.close());

type Sent = { readonly headers?: Record<string, string>; readonly method?: string };

function post(path: string, body: string | Uint8Array | FormData, { headers = {}, method = 'POST' }: Sent = {}): Promise<Answer> {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array();
  return site.client().send(path.replace('TOKEN', token), { method, headers, body: typeof body === 'string' ? bytes : body });
}

const bodies = async (): Promise<string[]> =>
  (await ann.get('/groups/lobby/messages?limit=200', 'application/json')).json<{ body: string }[]>().map(({ body }) => body);
const lastBody = async (): Promise<string | undefined> => (await bodies()).at(-1);
const lastFiles = async (): Promise<object[] | undefined> =>
  (await ann.get('/groups/lobby/messages', 'application/json')).json<{ attachments: object[] }[]>().at(-1)?.attachments;

const TEXT = '{"text":"by this URL"}';
const URLS: [path: string, status: number, answer: string | RegExp][] = [
  ['/hooks/TOKEN', 200, 'ok'],
  ['/hooks/TOKEN/', 200, 'ok'],
  ['/hooks/TOKEN/slack', 200, 'ok'],
  ['/hooks/TOKEN/github', 200, 'ok'],
  ['/hooks/anything/TOKEN', 200, 'ok'],
  ['/hooks/12345/TOKEN/slack', 200, 'ok'],
  ['/services/TOKEN', 200, 'ok'],
  ['/services/T0/B0/TOKEN', 200, 'ok'],
  ['/api/webhooks/1/TOKEN', 204, ''],
  ['/api/v10/webhooks/1/TOKEN', 204, ''],
  ['/api/webhooks/1/TOKEN/slack', 200, 'ok'],
  ['/api/v9/webhooks/1/TOKEN/github', 200, 'ok'],
  ['/api/webhooks/1/TOKEN?wait=true', 200, /^\{"id":"\d+","type":0,/],
  [
    '/hooks/TOKEN?wait=true',
    200,
    /^\{"ok":true,"success":true,"id":"\w{16}-\d+","seq":\d+,"url":"http:\/\/127\.0\.0\.1:\d+\/groups\/lobby\/messages\/\d+"\}$/,
  ],
  ['/hooks/TOKEN?wait=false', 200, 'ok'],
];

for (const [path, status, wanted] of URLS)
  for (const method of ['POST', 'PUT'])
    test.serial(`incoming webhook: ${method} ${path} posts and responds ${status}`, async (t) => {
      const count = (await bodies()).length;
      const answer = await post(path, TEXT, { method });
      t.is(answer.status, status);
      if (wanted instanceof RegExp) t.regex(answer.text, wanted);
      else t.is(answer.text, wanted);
      t.deepEqual((await bodies()).slice(count), ['by this URL']);
    });

const NO_WEBHOOKS = [
  '/hooks/TOKEN/other',
  '/hooks/slack/slack',
  '/services/a/TOKEN',
  '/services/TOKEN/a/b',
  '/api/webhooks/TOKEN/x',
  '/api/webhooks/1/TOKEN/other',
  '/webhooks/1/TOKEN',
];
for (const path of NO_WEBHOOKS)
  test.serial(`incoming webhook: ${path} is not a webhook URL`, async (t) => {
    const count = (await bodies()).length;
    const answer = await post(path, TEXT);
    t.is(answer.status, 404);
    t.is(answer.headers.get('location'), null);
    t.is((await bodies()).length, count);
  });

test.serial('incoming webhook: responds with JSON only when Accept is exactly application/json', async (t) => {
  for (const accept of ['application/json', 'Application/JSON']) {
    const answer = (await post('/hooks/TOKEN', TEXT, { headers: { Accept: accept } })).json();
    t.is(answer.ok, true);
    t.is(new URL(String(answer.url)).pathname, `/groups/lobby/messages/${answer.seq}`);
    t.is((await ann.get(new URL(String(answer.url)).pathname, 'application/json')).json().id, answer.id);
  }
  for (const accept of ['application/json, text/plain, */*', '*/*', 'text/html'])
    t.is((await post('/hooks/TOKEN', TEXT, { headers: { Accept: accept } })).text, 'ok', accept);
  const refused = await post('/hooks/TOKEN', '{}', { headers: { Accept: 'application/json' } });
  t.deepEqual([refused.status, refused.json()], [400, { ok: false, success: false, error: 'no_text' }]);
});

const NOWHERE = 'x'.repeat(40);
const WRONG: [what: string, path: string, body: string, status: number, code: number][] = [
  ['an unknown token', `/api/webhooks/1/${NOWHERE}`, '{"content":"x"}', 404, 10015],
  ['an unknown token with wait', `/hooks/${NOWHERE}?wait=True`, '{"content":"x"}', 404, 10015],
  ['broken JSON', '/api/webhooks/1/TOKEN', '{"content":', 400, 50035],
  ['an empty message', '/api/webhooks/1/TOKEN', '{"content":""}', 400, 50006],
  ['an empty message at our own URL', '/hooks/TOKEN', '{"content":"","embeds":[]}', 400, 50006],
  ['a body that is too large', '/api/webhooks/1/TOKEN', 'x'.repeat(1024 * 1024 + 1), 413, 40005],
];
for (const [what, path, body, status, code] of WRONG)
  test.serial(`incoming webhook: a Discord client gets Discord’s error for ${what}`, async (t) => {
    const answer = await post(path, body);
    t.is(answer.status, status);
    const { message, code: given } = answer.json();
    t.is(given, code);
    t.is(typeof message, 'string');
  });

test.serial("incoming webhook: a Discord payload on another URL gets Slack's errors", async (t) => {
  const answer = await post(`/services/T/B/${NOWHERE}`, TEXT);
  t.deepEqual([answer.status, answer.text], [404, 'no_service']);
});

test.serial('incoming webhook: compressed bodies are accepted; a decompression bomb is refused', async (t) => {
  const send = (encoding: string, body: Buffer) =>
    post('/hooks/TOKEN', new Uint8Array(body), { headers: { 'Content-Encoding': encoding } });
  for (const [encoding, pack] of [
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['identity', (text: string) => Buffer.from(text)],
  ] as const) {
    t.is((await send(encoding, pack(`{"text":"packed by ${encoding}"}`))).text, 'ok', encoding);
    t.is(await lastBody(), `packed by ${encoding}`);
  }
  const bomb = await send('gzip', gzipSync(Buffer.alloc(200 * 1024 * 1024)));
  t.deepEqual([bomb.status, bomb.text], [413, 'too_large']);
  const broken = await send('gzip', Buffer.from('no gzip'));
  t.deepEqual([broken.status, broken.text], [400, 'invalid_payload']);
  const unknown = await send('zstd-or-what', Buffer.from('x'));
  t.deepEqual([unknown.status, unknown.text], [415, 'unsupported_encoding']);
});

test.serial('incoming webhook: text is decoded as UTF-8 if valid, otherwise with its declared charset', async (t) => {
  const send = (type: string, bytes: readonly number[]) =>
    post('/hooks/TOKEN', Uint8Array.from(bytes), { headers: { 'Content-Type': type } });
  await send('text/plain; charset=iso-8859-1', [0x63, 0x61, 0x66, 0xe9]);
  t.is(await lastBody(), 'café');
  await send('text/plain; charset="ISO-8859-1"', [0x63, 0x61, 0x66, 0xc3, 0xa9]);
  t.is(await lastBody(), 'café');
  await send('text/plain; charset=utf-16le', [0x68, 0, 0x69, 0]);
  t.is(await lastBody(), 'hi');
  await send('application/json', [0xff, 0xfe, ...Buffer.from('{"text":"wide"}', 'utf16le')]);
  t.is(await lastBody(), 'wide');
  await send('text/plain; charset=no-such-thing', [0x61, 0xff]);
  t.is(await lastBody(), 'a\ufffd');
});

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

test.serial('incoming webhook: multipart fields are read and files are stored', async (t) => {
  await post('/hooks/TOKEN', form({ text: 'by field' }));
  t.is(await lastBody(), 'by field');
  await post('/hooks/TOKEN', form({ payload: '{"text":"by payload"}' }));
  t.is(await lastBody(), 'by payload');
  await post('/hooks/TOKEN', form({ payload_json: new File(['{"content":"typed part"}'], 'payload.json', { type: 'application/json' }) }));
  t.is(await lastBody(), 'typed part');
  await post('/hooks/TOKEN', form({ text: 'with *it*', file: new File(['four'], '<b>.txt') }));
  t.is(await lastBody(), 'with it');
  t.like(await lastFiles(), [{ name: '<b>.txt', bytes: 4 }]);
  const alone = await post(
    '/hooks/TOKEN',
    form({ 'files[0]': new File(['one'], '1.txt'), 'files[1]': new File(['two'], '2.txt'), username: 'ci' }),
  );
  t.is(alone.status, 200);
  t.is(await lastBody(), '');
  t.like(await lastFiles(), [{ name: '1.txt' }, { name: '2.txt' }]);
  const broken = await post('/hooks/TOKEN', '--x\r\nnonsense', { headers: { 'Content-Type': 'multipart/form-data; boundary=x' } });
  t.deepEqual([broken.status, broken.text], [400, 'invalid_payload']);
  const bare = await post('/hooks/TOKEN', 'x', { headers: { 'Content-Type': 'multipart/form-data' } });
  t.is(bare.status, 400);
});

async function explains(t: ExecutionContext, accept: string, type: RegExp): Promise<string> {
  const count = (await bodies()).length;
  const answer = await site.client().get(`/hooks/${token}`, accept);
  t.is(answer.status, 200);
  t.regex(answer.headers.get('content-type') ?? '', type);
  t.is(answer.headers.get('cache-control'), 'no-store, no-transform');
  t.is((await bodies()).length, count, 'nothing is posted');
  return answer.text;
}

test.serial('incoming webhook: a browser gets a page with commands to copy, a shell the same as text', async (t) => {
  const page = await explains(t, 'text/html,application/xhtml+xml,*/*;q=0.8', /^text\/html/);
  t.regex(page, /<h1>A webhook of Deploy for Lobby<\/h1>/);
  t.true(page.includes(`curl -d &quot;Disk 91% full on db1&quot; ${site.url}/hooks/${token}`));
  for (const path of [`/hooks/parley/${token}`, `/api/webhooks/1/${token}`]) t.true(page.includes(`${site.url}${path}`));
  const text = await explains(t, '*/*', /^text\/plain/);
  t.true(text.includes(`curl -d "Disk 91% full on db1" ${site.url}/hooks/${token}`));
  const head = await site.client().send(`/hooks/${token}`, { method: 'HEAD' });
  t.deepEqual([head.status, head.text], [200, '']);
});

test.serial('incoming webhook: every command on that page posts a message', async (t) => {
  const { execFile } = await import('node:child_process');
  const run = (line: string): Promise<string> =>
    new Promise((resolve, reject) =>
      execFile('sh', ['-c', line.replace('df -h', 'echo printed')], (error, out) => (error ? reject(error) : resolve(out))),
    );
  const lines = (await explains(t, 'text/plain', /^text/)).split('\n').filter((line) => line.includes('curl'));
  t.is(lines.length, 4);
  for (const line of lines) t.regex(await run(line), line.includes('--json') ? /^\{"ok":true,/ : /^ok$/, line); // --json asks for JSON too
  t.deepEqual((await bodies()).slice(-4), [
    'Disk 91% full on db1',
    'Build 7 passed',
    'Build 7 (https://ci.example.org/7)\nIt took 3 minutes',
    'printed',
  ]);
});

test.serial('incoming webhook: an invalid URL shows no page', async (t) => {
  const page = await site.client().get(`/hooks/${NOWHERE}`, 'text/html');
  t.is(page.status, 404);
  t.false(page.text.includes('curl'));
  const text = await site.client().get(`/hooks/${NOWHERE}`, '*/*');
  t.deepEqual([text.status, text.text], [404, 'no_service']);
});

test.serial('incoming webhook: long text and cards are cut with a mark, never refused', async (t) => {
  const cards = Array.from({ length: 60 }, (_, i) => ({ title: `card ${i}`, text: 'é'.repeat(100) }));
  t.is((await post('/hooks/TOKEN', JSON.stringify({ text: 'cards', attachments: cards }))).text, 'ok');
  const body = (await lastBody()) ?? '';
  t.regex(body, /^cards\ncard 0\né{100}\n(.|\n)*\n\[cut: \d+ bytes, 2000 at most\]$/);
  t.true(Buffer.byteLength(body) < 2200);
  const page = (await ann.get('/groups/lobby')).text;
  t.regex(page, /<small>\[cut: \d+ bytes, 2000 at most\]<\/small>/);
});

test.serial('incoming webhook: a member named in a text or card is mentioned', async (t) => {
  await post('/hooks/TOKEN', JSON.stringify({ attachments: [{ title: 'Review', text: 'for @Ann and *more*' }] }));
  const [message] = (await ann.get('/groups/lobby/messages?limit=1', 'application/json')).json<
    { mentions: string[]; html: string; format: string; model: object }[]
  >();
  t.is(message?.mentions.length, 1);
  t.regex(message?.html ?? '', /for <span class="mention" data-user="\w{16}">@Ann<\/span> and <b>more<\/b>/);
  t.is(message?.format, 'model');
  t.deepEqual(message?.model, { cards: [{ title: 'Review', text: 'for @Ann and **more**' }] });
});

test.serial('incoming webhook: erasing a card removes all its content', async (t) => {
  await post('/hooks/TOKEN', JSON.stringify({ attachments: [{ title: 'SECRETCARD', text: '*x*' }] }));
  const [{ seq } = { seq: 0 }] = (await ann.get('/groups/lobby/messages?limit=1', 'application/json')).json<{ seq: number }[]>();
  const erased = (await ann.json('DELETE', `/groups/lobby/messages/${seq}`)).json();
  t.deepEqual([erased.erased, erased.body, erased.html, erased.model], [true, '', '', undefined]);
  site.clock.turn(60_000);
  await site.server.sweep();
  const group = await site.core.store.groups.bySlug('lobby');
  const stored = group && (await site.core.store.log.message(group.id, seq));
  t.is(stored?.body, '');
});

test.serial('incoming webhook: a name with Markdown characters is mentioned', async (t) => {
  await site.signUpInLobby('Bob_B_');
  await post('/hooks/TOKEN', JSON.stringify({ title: 'Review', message: 'for @Bob_B_ now' }));
  const [message] = (await ann.get('/groups/lobby/messages?limit=1', 'application/json')).json<{ mentions: string[]; html: string }[]>();
  t.is(message?.mentions.length, 1);
  t.regex(message?.html ?? '', /for <span class="mention" data-user="\w{16}">@Bob_B_<\/span> now/);
});
