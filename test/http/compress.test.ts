import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';

let site: TestServer;
let ann: Client;
test.before(async () => {
  site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  ann = await site.signUp('Ann');
  for (let number = 1; number <= 40; number++)
    await ann.json('POST', '/groups/lobby/messages', { body: `Message ${number} – čaj, ${'and so on '.repeat(5)}` });
});
test.after.always(() => site.close());

type Raw = { readonly response: IncomingMessage; readonly bytes: Buffer };
type Asked = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string };

/** The response as it is on the wire: fetch would decode it. */
async function raw(path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}): Promise<Raw> {
  const sent = request(new URL(path, site.url), { method, headers: { Cookie: ann.cookieHeader, Accept: 'text/html', ...headers } }).end(
    body,
  );
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { response, bytes: await buffer(response) };
}

const DECODE = { br: brotliDecompressSync, gzip: gunzipSync, identity: (bytes: Buffer) => bytes } as const;
const encodingOf = ({ response }: Raw): string => response.headers['content-encoding'] ?? 'identity';
const decoded = (answer: Raw): string => DECODE[encodingOf(answer) as keyof typeof DECODE](answer.bytes).toString();

const CODINGS: [header: string | undefined, coding: string][] = [
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['identity', 'identity'],
  ['deflate', 'identity'],
  [undefined, 'identity'],
];

for (const [header, coding] of CODINGS)
  test(`Accept-Encoding: ${header} gets pages, text and JSON as ${coding}`, async (t) => {
    const accepts = header === undefined ? {} : { 'Accept-Encoding': header };
    for (const [path, accept, seen] of [
      ['/groups/lobby', 'text/html', /Message 40 – čaj[\s\S]*<\/html>/],
      ['/groups/lobby/messages', 'application/json', /"body":"Message 40 – čaj/],
      ['/groups/lobby/messages?limit=200', 'text/plain', /Message 40 – čaj/],
      ['/openapi.json', '*/*', /^\{"openapi"/],
    ] as const) {
      const answer = await raw(path, { headers: { Accept: accept, ...accepts } });
      t.is(encodingOf(answer), coding, path);
      t.regex(decoded(answer), seen);
      t.is(answer.response.headers['content-length'], String(answer.bytes.length));
      t.regex(answer.response.headers.vary ?? '', /\bAccept-Encoding\b/);
      const head = await raw(path, { method: 'HEAD', headers: { Accept: accept, ...accepts } });
      t.is(encodingOf(head), coding);
    }
  });

test('compression: a page is compressed to a fraction of its length', async (t) => {
  const plain = await raw('/groups/lobby');
  const packed = await raw('/groups/lobby', { headers: { 'Accept-Encoding': 'br' } });
  t.true(packed.bytes.length * 5 < plain.bytes.length, `${packed.bytes.length} of ${plain.bytes.length} bytes`);
});

const gzip = { 'Accept-Encoding': 'gzip' };

test('compression: errors are compressed like other responses; short responses are not', async (t) => {
  t.is(encodingOf(await raw('/groups/nowhere', { headers: gzip })), 'gzip');
  for (const [path, accept] of [
    ['/healthz', '*/*'],
    ['/groups/nowhere', 'application/json'],
    ['/me', 'text/plain'],
  ] as const)
    t.is(encodingOf(await raw(path, { headers: { ...gzip, Accept: accept } })), 'identity', path);
});

test('compression: openapi.json has the same ETag in every coding', async (t) => {
  const first = await raw('/openapi.json', { headers: gzip });
  const etag = first.response.headers.etag ?? '';
  t.regex(etag, /^W\/"/);
  for (const given of [etag, etag.slice(2), `"other", ${etag}`])
    t.is((await raw('/openapi.json', { headers: { ...gzip, 'If-None-Match': given } })).response.statusCode, 304, given);
  t.is((await raw('/openapi.json', { headers: { ...gzip, 'If-None-Match': '"other"' } })).response.statusCode, 200);
});

test("compression: members' files are not changed", async (t) => {
  const form = new FormData();
  form.set('body', 'see');
  form.set('attachment', new File(['a line of text\n'.repeat(500)], 'notes.txt', { type: 'text/plain' }));
  const posted = await ann.send('/groups/lobby/messages', { method: 'POST', body: form, headers: { Accept: 'application/json' } });
  const [file] = posted.json<{ attachments: { url: string }[] }>().attachments;
  const answer = await raw(file?.url ?? '', { headers: { ...gzip, Accept: '*/*' } });
  t.deepEqual([encodingOf(answer), answer.bytes.length], ['identity', 7500]);
});

test('compression: streams are not compressed and have no-transform', async (t) => {
  for (const path of ['/groups/lobby/live', '/groups/lobby/events', '/groups/lobby/events?as=text', '/events']) {
    const sent = request(new URL(path, site.url), { headers: { Cookie: ann.cookieHeader, 'Accept-Encoding': 'gzip, br' } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    t.deepEqual([response.statusCode, response.headers['content-encoding']], [200, undefined], path);
    t.regex(response.headers['cache-control'] ?? '', /\bno-transform\b/, path + JSON.stringify(response.rawHeaders));
    response.destroy();
  }
});

const isPlain = (t: ExecutionContext, answer: Raw, secret: RegExp): void => {
  t.regex(answer.bytes.toString(), secret);
  t.is(encodingOf(answer), 'identity');
  t.regex(answer.response.headers['cache-control'] ?? '', /^no-store, no-transform$/);
  t.regex(answer.response.headers.vary ?? '', /^Accept, HX-Request, Cookie\b/);
};
const form = (body: string): Asked => ({ method: 'POST', body, headers: { ...gzip, 'Content-Type': 'application/x-www-form-urlencoded' } });

test('compression: pages that show a secret are not compressed; the same pages without it are', async (t) => {
  isPlain(t, await raw('/settings/tokens', form('name=laptop')), /value="[A-Za-z0-9]{40}"/);
  t.is(encodingOf(await raw('/settings', { headers: gzip })), 'gzip');

  isPlain(t, await raw('/groups/lobby/bots', form('action=create&name=Echo')), /\/hooks\/[\w-]{20,}/);
  t.is(encodingOf(await raw('/groups/lobby/bots', { headers: gzip })), 'gzip');

  const settings = await raw('/groups/lobby/settings', { headers: gzip });
  isPlain(t, settings, /\/join\/[\w-]+/);
  const [invite = ''] = /\/join\/[\w-]+/.exec(settings.bytes.toString()) ?? [];
  isPlain(t, await raw(invite, { headers: { ...gzip, Cookie: '' } }), new RegExp(`value="${invite}"`));
  isPlain(t, await raw('/groups/lobby/settings', { headers: { ...gzip, Accept: 'application/json' } }), /"code":/);

  isPlain(t, await raw('/admin?q=Ann', { headers: gzip }), /<h1>Administration/);

  const typed = await raw('/signup', { ...form('name=&password=x&code=the-site-code'), headers: { ...form('').headers, Cookie: '' } });
  isPlain(t, typed, /<form/);
  t.is(encodingOf(await raw('/signup', { headers: { ...gzip, Cookie: '' } })), 'gzip');
});

test('compression: responses to cross-site requests are not compressed', async (t) => {
  for (const [from, coding] of [
    ['cross-site', 'identity'],
    ['same-site', 'identity'],
    ['same-origin', 'gzip'],
    ['none', 'gzip'],
  ] as const)
    t.is(encodingOf(await raw('/search?q=Message', { headers: { ...gzip, 'Sec-Fetch-Site': from } })), coding, from);
});
