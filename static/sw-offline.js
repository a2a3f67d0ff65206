// The part of the service worker for use without the network; the server appends it to sw.js. It keeps what the pages need (script, styles, icons) and
// the group pages that the person has looked at last. Nothing is answered from what is kept while the network answers.

/** URLs without the site's path, of scripts in the reader's language; the server writes them here. */
const FILES = [];
const MAX_PAGES = 20;
/** A session ends after this time without use, so its pages do. */
const KEPT_MS = 14 * 24 * 3600 * 1000;
const SHELL = `parley${site}:shell`;
/** Followed by the name of the session: the header Parley-Session. */
const PAGES = `parley${site}:pages:`;
const OFFLINE = `${site}/offline`;
const SHARE = `${site}/share`;
const SHARED = `parley${site}:shared`;

/** Whether it is the path of a group's newest messages. */
const isGroup = ({ pathname, search }) =>
  search === '' && pathname.startsWith(`${site}/groups/`) && !pathname.slice(`${site}/groups/`.length).includes('/');

// A failure to keep files does not fail the installation: notifications work without them.
addEventListener('install', (event) => event.waitUntil(keepFiles().catch(() => {})));

async function keepFiles() {
  const cache = await caches.open(SHELL);
  const wanted = [OFFLINE, ...FILES.map((path) => site + path)];
  await cache.addAll(wanted.map((path) => (path === OFFLINE ? new Request(path, { headers: { Accept: 'text/html' } }) : path)));
  const old = (await cache.keys()).filter(({ url }) => !wanted.includes(new URL(url).pathname));
  for (const request of old) await cache.delete(request);
}

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin || !url.pathname.startsWith(`${site}/`)) return;
  if (request.method === 'POST' && url.pathname === `${site}/logout`) event.waitUntil(inTurn(forgetAll));
  if (request.method === 'POST' && url.pathname === SHARE) event.respondWith(takeShared(request));
  if (request.method !== 'GET') return;
  if (url.pathname.startsWith(`${site}/static/`)) event.respondWith(file(request, url));
  else if (request.destination === 'document' && !url.pathname.startsWith(`${site}/files/`)) event.respondWith(page(event, url));
});

/** Without the network the kept file of this name, as the server has it for pages from before an upgrade. */
const file = (request, { pathname }) =>
  fetch(request).catch(async () => {
    const name = pathname.slice(`${site}/static/`.length + 16);
    const found = FILES.find((path) => path.endsWith(name) && path.length === `/static/${name}`.length + 16);
    return (found && (await caches.match(site + found, { cacheName: SHELL, ignoreVary: true }))) ?? Response.error();
  });

async function page(event, url) {
  let answer;
  try {
    answer = await fetch(event.request);
  } catch {
    return withoutNetwork(url);
  }
  event.waitUntil(note(answer.headers.get('Content-Type')?.startsWith('text/html') ? answer.clone() : answer));
  return answer;
}

// --- keeping pages ---

let turn = Promise.resolve();

/** Changes of what is kept come one after the other. */
function inTurn(act) {
  turn = turn.then(act).catch(() => {});
  return turn;
}

/** Deletes the kept pages of all sessions but this one. */
async function forgetPages(session) {
  const names = (await caches.keys()).filter((name) => name.startsWith(PAGES) && name !== PAGES + session);
  for (const name of names) await caches.delete(name);
}

async function forgetAll() {
  await forgetPages();
  await caches.delete(SHARED);
}

/** Keeps a group's page; deletes those of a session that has ended, and one that may not be seen any more. */
function note(answer) {
  const { headers, status } = answer;
  const session = headers.get('Parley-Session');
  const url = answer.url && new URL(answer.url);
  if (!session || !url) return undefined; // of no session, such as an error of a proxy
  return inTurn(async () => {
    await forgetPages(session);
    if (session === 'none' || !isGroup(url)) return;
    const cache = await caches.open(PAGES + session);
    if (status === 403 || status === 404) await cache.delete(url);
    if (status === 200 && !headers.get('Cache-Control')?.includes('no-transform')) await keep(cache, url, answer);
  });
}

/** With its time and title, and without a message that was shown once. `no-transform` marks pages that show a secret. */
async function keep(cache, url, answer) {
  const html = (await answer.text()).replace(/<p class="flash"[^>]*>[^<]*<\/p>/, '');
  const headers = new Headers({ 'Content-Type': 'text/html; charset=utf-8', 'Parley-Kept': Date.now() });
  headers.set('Content-Security-Policy', answer.headers.get('Content-Security-Policy') ?? "default-src 'none'");
  headers.set('Parley-Title', encodeURIComponent(/<h1[^>]*>([^<]*)<\/h1>/.exec(html)?.[1] ?? ''));
  await cache.put(url, new Response(html, { headers }));
  const all = await entries(cache);
  for (const old of all.slice(MAX_PAGES)) await cache.delete(old.path);
}

/** Newest first: {path, title (HTML), at (ms), answer}. */
async function entries(cache) {
  const found = await Promise.all((await cache.keys()).map(async (request) => [request.url, await cache.match(request)]));
  return found
    .filter(([, answer]) => answer)
    .map(([url, answer]) => ({
      path: new URL(url).pathname,
      title: decodeURIComponent(answer.headers.get('Parley-Title')),
      at: Number(answer.headers.get('Parley-Kept')),
      answer,
    }))
    .sort((a, b) => b.at - a.at);
}

// A page asks to be kept as it is now: because it has changed since it was loaded, or was loaded without the service worker.
addEventListener('message', (event) => {
  const path = event.data?.keep;
  if (typeof path !== 'string') return;
  const asked = fetch(path, { headers: { Accept: 'text/html' } });
  event.waitUntil(asked.then(note).catch(() => {}));
});

// --- without the network ---

/** As in static/js/dom.js: the server has replaced the text in the source for another language. */
const t = (text, value) => text.replace('{1}', () => value);

async function withoutNetwork(url) {
  const [name] = (await caches.keys()).filter((one) => one.startsWith(PAGES));
  const all = name ? await entries(await caches.open(name)) : [];
  const recent = all.filter(({ at }) => Date.now() - at < KEPT_MS);
  const found = isGroup(url) && recent.find(({ path }) => path === url.pathname);
  return found ? asItWas(found) : offlinePage(recent);
}

const respond = (html, { headers }) => new Response(html, { headers });

/** The page with a line above the messages. static/js/offline.js does the rest. */
async function asItWas({ answer, at }) {
  const html = await answer.text();
  const line = `<p id="offline" class="offline" role="status">${stateOf(at, html)}</p>\n`;
  return respond(html.replace('<html ', '<html data-kept ').replace('<div id="scroller"', `${line}$&`), answer);
}

/** When a page was kept: `14:02`, or `Tue, 12 Nov, 14:02`, as the reader of the page has chosen. */
function stateOf(at, html) {
  const [head = ''] = /<html [^>]*>/.exec(html) ?? [];
  const chosen = (name) => new RegExp(` ${name}="([^"]*)"`).exec(head)?.[1];
  const [lang, zone, hours] = [chosen('lang') ?? 'en', chosen('data-zone'), chosen('data-clock')];
  const locale = navigator.languages.find((one) => one.split('-')[0] === lang) ?? lang;
  const text = (time, options) => new Intl.DateTimeFormat(locale, { ...options, ...(zone && { timeZone: zone }) }).format(time);
  const day = { weekday: 'short', day: 'numeric', month: 'short' };
  const clock = text(at, { hour: '2-digit', minute: '2-digit', ...(hours && { hour12: hours === '12' }) });
  const isToday = text(at, day) === text(Date.now(), day);
  const time = `<time datetime="${new Date(at).toISOString()}">${isToday ? clock : `${text(at, day)}, ${clock}`}</time>`;
  return isToday ? t('You are offline. This is how it was at {1}.', time) : t('You are offline. This is how it was on {1}.', time);
}

async function offlinePage(all) {
  const shell = await caches.match(OFFLINE, { cacheName: SHELL, ignoreVary: true });
  if (!shell) return Response.error();
  const links = all.map(({ path, title }) => `<li><a href="${path}">${title}</a></li>`).join('\n');
  const html = await shell.text();
  return respond(all.length === 0 ? html : html.replace(/(<ul id="kept"[^>]*?) hidden>/, `$1>${links}`), shell);
}

// --- what another app shares ---

/** Keeps text and files until the page /share has them (static/js/share.js); the server is not sent the files before a group is chosen. */
async function takeShared(request) {
  const sent = request.clone();
  try {
    const form = await request.formData();
    const texts = ['title', 'text', 'url'].map((name) => (form.get(name) ?? '').trim()).filter((text) => text !== '');
    await caches.delete(SHARED);
    const cache = await caches.open(SHARED);
    const keepOne = (name, body, headers) =>
      cache.put(`${SHARE}/${name}`, new Response(body, { headers: { ...headers, 'Parley-Kept': Date.now() } }));
    await keepOne('text', [...new Set(texts)].join('\n'), {});
    for (const [index, file] of form.getAll('attachment').entries())
      if (file.name) await keepOne(index, file, { 'Content-Type': file.type, 'Parley-Name': encodeURIComponent(file.name) });
    return Response.redirect(SHARE, 303);
  } catch {
    return fetch(sent);
  }
}
