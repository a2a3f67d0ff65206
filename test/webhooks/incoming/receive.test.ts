import test from 'ava';
import type { Answer } from '../../helpers/client.ts';
import { newestMessage, openHookSite } from './fixtures.ts';

const { site, ann, hook } = await openHookSite({ MAX_BODY_BYTES: '400' });
test.after.always(() => site.close());

/** Posts without cookies. With an empty `type` no Content-Type is sent. */
function post(path: string, body: string | Uint8Array, type = '', headers: Record<string, string> = {}): Promise<Answer> {
  // for a string fetch would add a Content-Type
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return site.client().send(path, { method: 'POST', body: bytes, headers: { ...(type !== '' && { 'Content-Type': type }), ...headers } });
}

const lastMessage = () => newestMessage(ann);

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

const TAKEN: [what: string, type: string, body: string, text: string, username?: string][] = [
  ['plain text', 'text/plain', 'build passed', 'build passed'],
  ['plain text of several lines', 'text/plain; charset=utf-8', 'one\r\ntwo\r\n', 'one\ntwo'],
  ['text without a type', '', 'no type', 'no type'],
  ['a form with text', FORM, 'text=form+text+%26+more', 'form text & more'],
  ['a form with text and username', FORM, 'text=hi&username=ci', 'hi', 'ci'],
  ['a form with a payload', FORM, `payload=${encodeURIComponent('{"text":"100% & more + x"}')}`, '100% & more + x'],
  ['a payload that was not encoded', FORM, 'payload={"text":"100% & more + x"}', '100% & more + x'],
  ['a payload after line breaks', FORM, `\n  payload=${encodeURIComponent('{"text":"netdata"}')}`, 'netdata'],
  ['a payload without a type', '', `payload=${encodeURIComponent('{"text":"bare"}')}`, 'bare'],
  ['JSON', JSON_TYPE, '{"text":"json"}', 'json'],
  ['JSON with a username', JSON_TYPE, '{"text":"hello","username":"Release bot"}', 'hello', 'Release bot'],
  ['JSON without a type', '', '{"text":"untyped"}', 'untyped'],
  ['JSON under a form type, as curl -d sends it', FORM, '{"text":"curl -d & = +"}', 'curl -d & = +'],
  ['JSON under a text type', 'text/plain', ' {"text":"as text"} ', 'as text'],
  ['JSON after a byte order mark', JSON_TYPE, '\ufeff{"text":"marked"}', 'marked'],
  ['JSON with unknown and null fields', JSON_TYPE, '{"text":"x","channel":"#ops","icon_url":null,"attachments":[]}', 'x'],
  ['JSON with a number', JSON_TYPE, '{"text":12.5}', '12.5'],
  ['text under a form type, as curl -d sends it', FORM, 'disk 91% full & a=b', 'disk 91% full & a=b'],
  ['text under a JSON type', JSON_TYPE, 'not json at all', 'not json at all'],
  ['text that starts with a bracket', 'text/plain', '[cut] here', '[cut] here'],
  ['bad UTF-8', 'text/plain', '', 'a\ufffdb'],
];

for (const [what, type, body, text, username] of TAKEN)
  test.serial(`incoming webhook: accepts ${what}`, async (t) => {
    const answer = await post(hook, what === 'bad UTF-8' ? Uint8Array.of(97, 255, 98) : body, type);
    t.deepEqual([answer.status, answer.text], [200, 'ok']);
    t.is(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    t.is(answer.headers.get('content-length'), '2');
    const message = await lastMessage();
    t.is(message.body, text);
    t.deepEqual(
      { ...message.author, id: '' },
      { id: '', name: 'Deploy', display_name: 'Deploy', bot: true, ...(username && { as: username }) },
    );
  });

const REFUSED: [what: string, type: string, body: string, status: number, word: string][] = [
  ['nothing', 'text/plain', '', 400, 'no_text'],
  ['only space', 'text/plain', ' \n\t', 400, 'no_text'],
  ['only what cannot be seen', 'text/plain', '\u200b\u3164', 400, 'no_text'],
  ['only controls', 'text/plain', '\u0000\u0001', 400, 'no_text'],
  ['an empty form field', FORM, 'text=', 400, 'no_text'],
  ['JSON without text', JSON_TYPE, '{"channel":"#ops"}', 400, 'no_text'],
  ['JSON with an empty text', JSON_TYPE, '{"text":""}', 400, 'no_text'],
  ['JSON with query syntax for text', JSON_TYPE, '{"text":{"$ne":null}}', 400, 'no_text'],
  ['JSON with a list for text', JSON_TYPE, '{"text":["a"]}', 400, 'no_text'],
  ['broken JSON', JSON_TYPE, '{"text":', 400, 'invalid_payload'],
  ['a JSON list', JSON_TYPE, '["a"]', 400, 'invalid_payload'],
  ['a broken payload', FORM, 'payload=%7B%22text', 400, 'invalid_payload'],
  ['a payload that is no object', FORM, 'payload=7', 400, 'invalid_payload'],
];

for (const [what, type, body, status, word] of REFUSED)
  test.serial(`incoming webhook: refuses ${what} with the error ${word}`, async (t) => {
    await post(hook, 'before');
    const answer = await post(hook, body, type);
    t.deepEqual([answer.status, answer.text], [status, word]);
    t.is(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    t.is((await lastMessage()).body, 'before', 'nothing was posted');
  });

test.serial('incoming webhook: a long text is cut with a visible mark, never refused', async (t) => {
  t.is((await post(hook, `${'é'.repeat(5000)}`)).text, 'ok');
  const { body } = await lastMessage();
  t.regex(body, /^é{100,}\n\[cut: 10000 bytes, 400 at most\]$/);
  t.true(Buffer.byteLength(body) <= 400);
});

test.serial('incoming webhook: a text of more than 1 MiB is refused', async (t) => {
  const answer = await post(hook, 'x'.repeat(1024 * 1024 + 1), 'text/plain');
  t.deepEqual([answer.status, answer.text], [413, 'too_large']);
  t.is((await post(hook, 'x'.repeat(1024 * 1024), 'text/plain')).text, 'ok');
});

test.serial("incoming webhook: its display name is one visible line beside the bot's name", async (t) => {
  for (const [given, shown] of [
    ['  ci \n runner ', 'ci runner'],
    ['a\u2028b\u0000c\u202ed\u200b', 'a bcd'],
    ['\u200b', undefined],
    ['', undefined],
    ['x'.repeat(500), 'x'.repeat(80)],
  ] as const) {
    await post(hook, JSON.stringify({ text: 'named', username: given }));
    t.is((await lastMessage()).author.as, shown);
  }
  await post(hook, JSON.stringify({ text: 'named', username: 'Ann' }));
  const page = (await ann.get('/groups/lobby?limit=1')).text;
  t.regex(page, /<a class="who" href="[^"]*" data-i="D">Deploy<\/a> <span class="badge">bot<\/span> <span class="as">as Ann<\/span>/);
  for (const username of [7, null, { $ne: null }, ['x']]) t.is((await post(hook, JSON.stringify({ text: 'odd', username }))).text, 'ok');
});

test.serial('incoming webhook: accepts PUT; other methods get a hint, without a redirect', async (t) => {
  t.is((await site.client().send(hook, { method: 'PUT', body: 'put' })).text, 'ok');
  for (const path of [hook, `${hook}/`, `${hook}?wait=true`]) {
    t.regex((await post(path, 'by any name')).text, /^ok$|"ok":true/, path);
    for (const method of ['PATCH', 'DELETE']) {
      const answer = await site.client().send(path, { method, headers: { Accept: 'text/html' } });
      t.is(answer.status, 405);
      t.is(answer.headers.get('allow'), 'GET, HEAD, POST, PUT');
    }
  }
});

test.serial('incoming webhook: invalid tokens all get the same error, without a redirect', async (t) => {
  const token = hook.slice('/hooks/'.length);
  const none = [
    'x'.repeat(40),
    'short',
    token.slice(0, -1),
    `${token}x`,
    token.toLowerCase(),
    'null',
    'undefined',
    '%00',
    '{"$ne":null}',
    '..',
    '7-',
  ];
  for (const path of [...none.map((text) => `/hooks/${encodeURIComponent(text)}`), `/hooks/${'x'.repeat(40)}/`]) {
    const answer = await post(path, 'hello');
    if (path === '/hooks/..') continue; // the client normalizes it to `/`
    t.deepEqual([answer.status, answer.text, answer.headers.get('location')], [404, 'no_service', null], path);
  }
  t.is((await post('/hooks/', 'hello')).status, 404);
  t.is((await post('/hooks', 'hello')).status, 404);
  t.is((await post(hook, 'hello')).text, 'ok');
});

test.serial('incoming webhook: a page of another site cannot read responses, but its form can post', async (t) => {
  const answer = await post(hook, 'text=from+afar', FORM, { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' });
  t.is(answer.text, 'ok', 'the token alone decides');
  t.is(answer.headers.get('access-control-allow-origin'), null);
  t.is(answer.headers.get('set-cookie'), null);
});

test.serial('incoming webhook: a webhook-id posts once, as in a retried Standard Webhook', async (t) => {
  const delivery = { 'webhook-id': 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W' };
  t.is((await post(hook, '{"text":"paid"}', JSON_TYPE, delivery)).text, 'ok');
  await post(hook, 'after it');
  t.is((await post(hook, '{"text":"paid"}', JSON_TYPE, delivery)).text, 'ok');
  t.is((await lastMessage()).body, 'after it');
  t.is((await post(hook, '{"text":"paid"}', JSON_TYPE, { 'webhook-id': 'msg_other' })).text, 'ok');
  t.is((await lastMessage()).body, 'paid');
});

test.serial('incoming webhook: an Idempotency-Key posts once', async (t) => {
  const key = { 'Idempotency-Key': '"deploy-7"' };
  t.is((await post(hook, 'deploy 7', 'text/plain', key)).text, 'ok');
  await post(hook, 'between');
  t.is((await post(hook, 'deploy 7', 'text/plain', { 'Idempotency-Key': 'deploy-7' })).text, 'ok');
  t.is((await lastMessage()).body, 'between');
  const other = await post(hook, 'another text', 'text/plain', key);
  t.deepEqual([other.status, other.text], [422, 'key_reused']);
  const long = await post(hook, 'x', 'text/plain', { 'Idempotency-Key': 'k'.repeat(256) });
  t.deepEqual([long.status, long.text], [400, 'invalid_key']);
});
