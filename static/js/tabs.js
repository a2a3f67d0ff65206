// Unread counts of the viewer's groups. The stream of a group's page delivers them; any other page has a stream of the sidebar only. The tabs of a
// browser share them. A hidden tab has no stream (see stream.js): one of them, the holder of a lock, keeps a stream of the sidebar. So a browser has one
// stream per visible tab and one for all others.
import { byId, list, site, viewer } from './dom.js';
import { foldSections } from './rail.js';

const LOCK = 'parley-hidden-tabs';
const { title } = document;
const tabs = new BroadcastChannel(LOCK);
const sidebar = byId('sidebar');
const icon = document.querySelector('link[rel="icon"]');
const plain = icon?.href;

/** Shows the count in the title, the icon, the badge of the installed app and that of a phone's Menu button. */
function show(waiting) {
  document.title = waiting === '' ? title : `(${waiting}) ${title}`;
  const badge = waiting === '' ? navigator.clearAppBadge?.() : navigator.setAppBadge?.(Number.parseInt(waiting, 10));
  badge?.catch(() => {});
  const href = waiting === '' ? plain : icon?.dataset.dot;
  if (href && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
  const mark = byId('waiting');
  mark?.toggleAttribute('hidden', waiting === '');
  mark?.querySelector('b').replaceChildren(waiting);
}

const parse = (html) => new DOMParser().parseFromString(html, 'text/html').getElementById('sidebar');

/** Notifies notifications.js. */
const tellOthers = (fresh) => document.dispatchEvent(new CustomEvent('parley:sidebar', { detail: fresh }));

/** Marks the group that the page is about, which a stream of the sidebar does not know. */
function keepCurrent(fresh) {
  const current = sidebar.querySelector('[aria-current]');
  if (!current || fresh.querySelector('[aria-current]')) return;
  const twin = fresh.querySelector(`[href="${CSS.escape(current.getAttribute('href'))}"]`);
  twin?.setAttribute('aria-current', current.getAttribute('aria-current'));
}

/** Replaces the links of the sidebar; the focus stays on the same link. */
function put(fresh) {
  tellOthers(fresh);
  keepCurrent(fresh);
  foldSections(fresh);
  if (sidebar.innerHTML !== fresh.innerHTML) {
    const focused = sidebar.contains(document.activeElement) && document.activeElement.getAttribute('href');
    sidebar.replaceChildren(...fresh.childNodes);
    if (focused) sidebar.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  show(fresh.dataset.waiting);
}

function onClosed({ target }) {
  target.close();
  document.dispatchEvent(new Event('parley:closed'));
}

/** Keeps the stream of the hidden tabs until `shown` resolves. */
async function lead(shown) {
  const stream = new EventSource(`${site}/events?as=sidebar&hidden=1`);
  stream.addEventListener('sidebar', ({ data }) => {
    const fresh = parse(data);
    tellOthers(fresh);
    show(fresh.dataset.waiting);
    tabs.postMessage(fresh.dataset.waiting);
  });
  stream.addEventListener('closed', onClosed);
  await shown;
  stream.close();
}

const hasStream = Boolean(list?.hasAttribute('hx-sse:connect'));
let own = null;

/** The stream of the sidebar of a visible page that has no other. */
function followSidebar(isWanted) {
  if (hasStream || isWanted === Boolean(own)) return;
  own?.close();
  own = isWanted ? new EventSource(`${site}/events?as=sidebar`) : null;
  own?.addEventListener('sidebar', ({ data }) => put(parse(data)));
  own?.addEventListener('closed', onClosed);
}

let endHidden = () => {};

function onVisibility() {
  endHidden();
  followSidebar(!document.hidden);
  if (!document.hidden) return;
  const { promise, resolve } = Promise.withResolvers();
  const waits = new AbortController();
  endHidden = () => {
    waits.abort();
    resolve();
  };
  // Insecure pages have no locks: the titles of their hidden tabs are not updated.
  navigator.locks?.request(LOCK, { signal: waits.signal }, () => lead(promise)).catch(() => {});
}

if (!viewer) navigator.clearAppBadge?.().catch(() => {}); // of somebody who has logged out
if (sidebar) {
  show(sidebar.dataset.waiting);
  document.addEventListener('sidebar', ({ detail }) => put(parse(detail.data)));
  document.addEventListener('visibilitychange', onVisibility);
  tabs.addEventListener('message', ({ data }) => document.hidden && show(data));
  onVisibility();
}
