import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { buffer, text as textOf } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliDecompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { PASSWORD, startServerFor, type TestServer } from '../helpers/server.ts';
import { type Missing, present, requireOrSkip } from '../helpers/services.ts';
import { caddy, nginx, type StartProxy } from './proxies.ts';

type Site = { readonly server: TestServer; readonly session: ClientHttp2Session; readonly ann: Client };

/** Parley behind a proxy, an HTTP/2 connection to the proxy, and Ann with a direct connection. */
async function open(t: ExecutionContext, proxy: { readonly start: StartProxy } | Missing): Promise<Site> {
  const server = await startServerFor(t, { env: { TRUST_PROXY: 'on', POSTS_PER_SECOND: '0' } });
  const ann = await server.signUp('Ann');
  const running = await present(proxy).start(new URL(server.url).port);
  t.teardown(() => running.stop());
  const session = await connected(running.url);
  t.teardown(() => session.destroy());
  return { server, session, ann };
}

/** A connection, once the proxy has a certificate: Caddy listens before it has made one. */
async function connected(url: string): Promise<ClientHttp2Session> {
  let session: ClientHttp2Session | undefined;
  await eventually(async () => {
    const attempt = connect(url, { rejectUnauthorized: false });
    try {
      await once(attempt, 'connect');
      session = attempt;
    } catch {
      attempt.destroy();
    }
    return session !== undefined;
  });
  return session as ClientHttp2Session;
}

type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;
type Answer = { readonly headers: Headers; readonly body: ClientHttp2Stream };

async function ask({ session }: Site, headers: Record<string, string>, body?: string | Buffer): Promise<Answer> {
  const stream = session.request({ accept: 'text/html', 'accept-encoding': 'gzip, br', ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [answered] = (await once(stream, 'response')) as [Headers];
  return { headers: answered, body: stream };
}

/** The text of a stream once it contains this. */
async function hear(stream: ClientHttp2Stream, words: string): Promise<string> {
  let heard = '';
  while (!heard.includes(words)) heard += String((await once(stream, 'data'))[0]);
  return heard;
}

const FORM = { ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded' };

async function post(site: Site, path: string, fields: Record<string, string>, cookie = ''): Promise<Headers> {
  const { headers, body } = await ask(site, { ...FORM, ':path': path, cookie }, new URLSearchParams(fields).toString());
  body.resume();
  return headers;
}

/** Bob signs up and joins Lobby, both through the proxy. */
async function enter(t: ExecutionContext, site: Site): Promise<string> {
  const headers = await post(site, '/signup', { name: 'Bob', password: PASSWORD });
  const cookies = headers['set-cookie']?.filter((line) => !/expires=Thu, 01 Jan 1970/.test(line)) ?? [];
  t.is(headers[':status'], 303);
  for (const cookie of cookies) t.regex(cookie, /; secure/i);
  t.truthy(headers['strict-transport-security']);
  const cookie = cookies.map((line) => line.split(';', 1)[0]).join('; ');
  t.is((await post(site, '/groups/join', { slug: 'lobby' }, cookie))[':status'], 303);
  return cookie;
}

async function servesPages(t: ExecutionContext, proxy: { readonly start: StartProxy } | Missing): Promise<void> {
  const site = await open(t, proxy);
  const cookie = await enter(t, site);
  const page = await ask(site, { ':path': '/groups/lobby', cookie });
  t.deepEqual([page.headers[':status'], page.headers['content-encoding']], [200, 'br']);
  t.regex(brotliDecompressSync(await buffer(page.body)).toString(), /role="log"[\s\S]*<\/html>/);

  const [invite = ''] = /\/join\/[\w-]+/.exec((await site.ann.get('/groups/lobby/settings')).text) ?? [];
  const invitation = await ask(site, { ':path': invite });
  t.deepEqual([invitation.headers[':status'], invitation.headers['content-encoding']], [200, undefined], 'a page with a secret');
  t.true((await textOf(invitation.body)).includes(invite));
}

async function takesUploads(t: ExecutionContext, proxy: { readonly start: StartProxy } | Missing): Promise<void> {
  const site = await open(t, proxy);
  const cookie = await enter(t, site);
  const part = `--x\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\n`;
  const headers = { ':method': 'POST', ':path': '/groups/lobby/messages', 'content-type': 'multipart/form-data; boundary=x' };
  const posted = await ask(site, { ...headers, accept: 'application/json', cookie }, `${part}${'text '.repeat(600_000)}\r\n--x--\r\n`);
  const message = await textOf(posted.body);
  t.is(posted.headers[':status'], 201, message);
  t.regex(message, /"name":"a.txt"/);
}

const STREAMS = [
  '/groups/lobby/live',
  '/groups/lobby/events',
  '/groups/lobby/events?as=json',
  '/groups/lobby/events?as=text',
  '/events?as=json',
];

async function passesStreams(t: ExecutionContext, proxy: { readonly start: StartProxy } | Missing): Promise<void> {
  const site = await open(t, proxy);
  const cookie = await enter(t, site);
  const answers = await Promise.all(STREAMS.map((path) => ask(site, { ':path': path, cookie })));
  for (const [index, { headers }] of answers.entries())
    t.deepEqual([headers[':status'], headers['content-encoding']], [200, undefined], STREAMS[index]);

  for (const words of ['one through the proxy', 'two through the proxy', 'three through the proxy']) {
    const heard = answers.map(({ body }) => hear(body, words)); // each event arrives before the next is posted: the proxy buffers nothing
    await site.ann.json('POST', '/groups/lobby/messages', { body: words });
    await Promise.all(heard);
  }

  const { streams } = site.server.core.meters;
  const count = (): number => Object.values(streams).reduce((sum, open) => sum + open, 0);
  t.is(count(), STREAMS.length);
  for (const { body } of answers) body.close(constants.NGHTTP2_CANCEL);
  while (count() > 0) await nextTurn(); // a proxy that kept the streams open would use up the user's limit
  t.pass();
}

const proxies = { nginx: nginx(), Caddy: caddy() };

for (const [name, proxy] of Object.entries(proxies)) {
  const register = requireOrSkip(test, proxy);
  register(`${name} as deploy/ has it serves pages over HTTP/2, compressed by Parley alone`, servesPages, proxy);
  register(`${name} as deploy/ has it lets uploads of 3 MB through`, takesUploads, proxy);
  register(`${name} as deploy/ has it passes every event on at once, and ends streams whose readers have left`, passesStreams, proxy);
}
