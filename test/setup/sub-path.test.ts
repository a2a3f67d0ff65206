import { statSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { parley } from '../cli/cli.ts';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { isLongRun } from '../helpers/long-run.ts';
import { Receiver } from '../helpers/receiver.ts';
import { PASSWORD } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { BASE, nginx, openSubPath, type SubPathSite, visitor } from './sub-path-site.ts';

const browser = await openBrowser();
const onNginx = requireOrSkip(test, nginx);
const inBrowser = requireOrSkip(test, nginx, browser);

async function signUp(site: SubPathSite, name: string): Promise<Client> {
  const client = visitor(site);
  const answer = await client.form(`${BASE}/signup`, { name, password: PASSWORD });
  if (answer.status !== 303) throw new Error(`${name}: ${answer.status} ${answer.text}`);
  return client;
}

/** Something on every page: messages with a file, a reaction, a pin, an edit; a bot, a token, direct messages, a saved message. */
async function fill(ann: Client): Promise<void> {
  const at = (path: string): string => `${BASE}${path}`;
  const form = new FormData();
  form.set('body', 'A picture for the **pier**');
  form.append('attachment', new File([PIXEL], 'dot.png', { type: 'image/png' }));
  await ann.send(at('/groups/lobby/messages'), { method: 'POST', body: form, headers: { Accept: 'application/json' } });
  for (let count = 0; count < 60; count += 1) await ann.json('POST', at('/groups/lobby/messages'), { body: `Line ${count}` });
  const { seq } = (await ann.json('POST', at('/groups/lobby/messages'), { body: 'The last one' })).json<{ seq: number }>();
  await ann.json('PATCH', at(`/groups/lobby/messages/${seq}`), { body: 'The very last one' });
  await ann.form(at(`/groups/lobby/messages/${seq}/pin`), { on: '1' });
  await ann.form(at(`/groups/lobby/messages/${seq}/save`), { on: '1' });
  await ann.form(at(`/groups/lobby/messages/${seq}/reactions`), { emoji: '👍', on: '1' });
  await ann.form(at('/direct'), { with: 'Bob' });
  await ann.form(at('/groups/lobby/bots'), { action: 'create', name: 'Deploys' });
  await ann.form(at('/settings/tokens'), { name: 'laptop' });
}

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** Every attribute of a page that is a path, with how the browser uses it. */
const LINKS = /\s(href|src|action|formaction|poster|hx-get|hx-post|hx-sse:connect|data-base|data-dot)="(\/[^"]*)"/g;
const unescaped = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"');

/** Pages of one shape that are read, such as those of single messages: without the long suites three stand for all others. */
const MAX_OF_SHAPE = isLongRun ? Number.POSITIVE_INFINITY : 3;

/** Follows the links from a page on, as a browser without scripts; resolves to the paths that were read. */
async function crawl(t: ExecutionContext, client: Client, ...first: string[]): Promise<Set<string>> {
  const seen = new Set<string>();
  const shapes = new Map<string, number>();
  const waiting = [...first];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const bare = path.replace(/#.*$/, '');
    if (seen.has(bare) || /\/(live|events)(\?|$)/.test(bare)) continue;
    const shape = bare.replace(/\d+/g, '0');
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
    if ((shapes.get(shape) ?? 0) > MAX_OF_SHAPE) continue;
    seen.add(bare);
    const answer = await client.get(bare);
    const location = answer.headers.get('location');
    if (location !== null) {
      t.true(location.startsWith(`${BASE}/`), `${bare} → ${location}`);
      waiting.push(location);
    } else t.is(answer.status, 200, bare);
    if (!/html/.test(answer.headers.get('content-type') ?? '')) continue;
    for (const [, attribute = '', value = ''] of answer.text.matchAll(LINKS)) {
      t.true(value.startsWith(`${BASE}/`), `${bare}: ${attribute}="${value}"`);
      if (/^(href|src|hx-get)$/.test(attribute)) waiting.push(unescaped(value));
    }
  }
  return seen;
}

/** Every string of a JSON value that looks like a path. */
function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^\/[\w.-]+(\/|$)/.test(value) ? [value] : [];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(pathsIn) : [];
}

// A walk through all pages takes half a minute each.
for (const keepsPath of isLongRun ? [true, false] : [false])
  onNginx(`sub-path: every link of every page stays below it, when the proxy ${keepsPath ? 'keeps' : 'removes'} the path`, async (t) => {
    const site = await openSubPath(t, { keepsPath });
    const outside = await crawl(t, visitor(site), `${BASE}/`, `${BASE}/signup`, `${BASE}/docs`);
    t.true(outside.has(`${BASE}/docs`) && outside.has(`${BASE}/openapi.json`), [...outside].join('\n'));
    const ann = await signUp(site, 'Ann');
    await signUp(site, 'Bob');
    await fill(ann);
    const seen = await crawl(t, ann, `${BASE}/groups`);
    for (const path of [
      '/admin',
      '/saved',
      '/settings',
      '/groups/lobby/members',
      '/groups/lobby/settings',
      '/groups/lobby/bots',
      '/groups/lobby/pins',
    ])
      t.true(seen.has(BASE + path), `${path} was found`);
    t.true(
      [...seen].some((path) => /\/files\/\w+\/thumb$/.test(path)),
      'thumbnails too',
    );
    t.true(
      [...seen].some((path) => /\/groups\/lobby\/bots\/\w+$/.test(path)),
      'the page of a bot too',
    );
    for (const path of seen) {
      const answer = await ann.get(path, 'application/json');
      if (answer.status !== 200 || !/\/json(;|$)/.test(answer.headers.get('content-type') ?? '') || path.endsWith('openapi.json')) continue;
      for (const found of pathsIn(answer.json())) t.true(found.startsWith(`${BASE}/`), `${path} as JSON: ${found}`);
    }
    t.is((await ann.get('/groups', 'text/html')).text, 'another program\n');
  });

onNginx('sub-path: redirects, cookies, Location, Link, text, manifest, service worker and policy', async (t) => {
  const site = await openSubPath(t);
  const response = await visitor(site).open(`${BASE}/signup`, {
    method: 'POST',
    body: new URLSearchParams({ name: 'Ann', password: PASSWORD }).toString(),
    headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  t.is(response.headers.get('location'), `${BASE}/groups/lobby`);
  for (const line of response.headers.getSetCookie()) t.regex(line, /; path=\/chat(;|$)/, line);
  const ann = visitor(site);
  t.is((await ann.form(`${BASE}/login`, { name: 'Ann', password: PASSWORD })).status, 303);
  t.is(
    (await visitor(site).get(`${BASE}/groups/lobby?q=1`)).headers.get('location'),
    `${BASE}/login?return_to=${encodeURIComponent('/groups/lobby?q=1')}`,
  );
  const back = await visitor(site).form(`${BASE}/login`, { name: 'Ann', password: PASSWORD, return_to: '/groups/lobby' });
  t.is(back.headers.get('location'), `${BASE}/groups/lobby`);

  for (let count = 0; count < 3; count += 1) {
    const posted = await ann.json('POST', `${BASE}/groups/lobby/messages`, { body: `Line ${count}` });
    t.is(posted.headers.get('location'), posted.json<{ url: string }>().url);
    t.regex(posted.headers.get('location') ?? '', /^\/chat\/groups\/lobby\/messages\/\d+$/);
  }
  const list = await ann.get(`${BASE}/groups/lobby/messages?limit=1`, 'application/json');
  t.true(list.headers.get('link')?.startsWith(`<${site.url}/groups/lobby/messages?before=`), list.headers.get('link') ?? '');

  const manifest = (await ann.get(`${BASE}/manifest.webmanifest`, '*/*')).json<{
    scope: string;
    start_url: string;
    icons: { src: string }[];
  }>();
  t.like(manifest, { id: `${BASE}/`, scope: `${BASE}/`, start_url: `${BASE}/groups` });
  for (const { src } of manifest.icons) t.is((await ann.get(src, '*/*')).status, 200, src);
  t.is((await ann.get(`${BASE}/sw.js`, '*/*')).status, 200);
  const page = await ann.get(`${BASE}/groups/lobby`);
  t.regex(page.headers.get('content-security-policy') ?? '', /report-uri \/chat\/csp-reports(;|$)/);
  const [css = ''] = /\/chat\/static\/[^"]+app\.css/.exec(page.text) ?? [];
  const sheet = (await ann.get(css, '*/*')).text;
  const images = [...sheet.matchAll(/url\("(?!data:)([^"]+)"\)/g)].map(
    ([, url = '']) => new URL(url, `${site.url.replace(BASE, '')}${css}`),
  );
  t.true(images.length > 0);
  for (const url of images) t.is((await ann.get(url.pathname, '*/*')).status, 200, url.href);
  t.is((await ann.get(`${BASE}/openapi.json`, '*/*')).json<{ servers: { url: string }[] }>().servers[0]?.url, BASE);
});

onNginx('sub-path: the command line, webhooks in and out, and bearer tokens have its URLs', async (t) => {
  const site = await openSubPath(t);
  const receiver = await Receiver.open(t);
  const ann = await signUp(site, 'Ann');
  const { env } = site;
  t.regex((await parley(env, ['post', 'lobby', 'hello', '--as', 'Ann'])).out, /#\d+ \/chat\/groups\/lobby\/messages\/\d+$/m);
  t.regex(String((await parley(env, ['group', 'code', 'lobby', '--json'])).rows()[0]?.invite), /^\/chat\/join\/./);
  const [bot] = (await parley(env, ['bot', 'create', 'Echo', '--group', 'lobby', '--json'])).rows();
  t.regex(String(bot?.hook), /^\/chat\/hooks\/\w+$/);
  const hooked = await visitor(site).json('POST', String(bot?.hook), { text: 'by webhook' });
  t.is(hooked.status, 200, hooked.text);
  const direct = visitor(site).bearer(String(bot?.token));
  const posted = await direct.send(`${BASE}/groups/lobby/messages`, {
    method: 'POST',
    body: 'by token',
    headers: { Accept: 'text/plain' },
  });
  t.regex(posted.text, /^\/chat\/groups\/lobby\/messages\/\d+\n$/);
  t.is(posted.headers.get('location'), posted.text.trim());
  t.true((await ann.get(`${BASE}/groups/lobby`)).text.includes('by webhook'));
  await parley(env, ['bot', 'webhook', 'Echo', receiver.url, '--on', 'all']);
  await ann.json('POST', `${BASE}/groups/lobby/messages`, { body: 'for the bot' });
  await eventually(() => receiver.received.some(({ text }) => text.includes('for the bot')));
  const call = receiver.received.find(({ text }) => text.includes('for the bot'));
  t.regex(call?.body.message.url, /^\/chat\/groups\/lobby\/messages\/\d+$/);
  t.regex(call?.body.message.path, /^\/chat\/rooms\/lobby\/@\d+$/);
  t.regex(call?.body.room.path, /^\/chat\/rooms\/lobby\/[^/]+\/messages$/);
  t.is(statSync(site.env.LISTEN ?? '').mode & 0o777, 0o660);
  const doctor = await parley(env, ['doctor', '--live', '--json']);
  t.is(doctor.status, 0, doctor.out);
});

for (const script of ['on', 'off'] as const)
  inBrowser(`sub-path: a conversation in a browser with JavaScript ${script} asks for nothing outside`, async (t) => {
    const site = await openSubPath(t);
    const ann = await signUp(site, 'Ann');
    await fill(ann);
    const window = await openWindow(t, browser, visitor(site), { script, baseURL: `${site.url}/` });
    const asked: string[] = [];
    window.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await window.page.goto(`${site.url}/login`, { waitUntil: 'commit' });
    await window.fillIn('Log in', 'Ann');
    await window.page.waitForURL(`${site.url}/groups`);
    await window.page.goto(`${site.url}/groups/lobby`, { waitUntil: 'commit' });
    await window.live();
    await window.write('Said in a browser');
    await window.sees('Said in a browser');
    await ann.json('POST', `${BASE}/groups/lobby/messages`, { body: 'Said elsewhere' });
    await window.sees('Said elsewhere');
    if (script === 'on') {
      await window.composer().fill(':tad');
      await eventually(() => asked.some((path) => path === `${BASE}/emoji`));
    }
    t.deepEqual(
      asked.filter((path) => !path.startsWith(`${BASE}/`)),
      [],
    );
    t.deepEqual(window.complaints, []);
  });
