// Notifications while a tab is open (tabs.js reports unread counts). Without an open tab, the service worker static/sw.js shows push notifications.
import { ask, byId, make, site, t, viewer } from './dom.js';
import { isQuiet } from './quiet.js';
import { isAble, isOpenChosen, worker } from './worker.js';

/** Keys in localStorage: the last notified message by group; whether the hint was dismissed; quiet hours. */
const [TOLD, HINT, QUIET] = ['parley-told', 'parley-hint', 'parley-quiet'];
const MAX_BODY = 200;
const CLAIMED_MS = 60_000;
/** The waits before a notification whose message could not be read is tried again. */
const AGAIN_MS = [2000, 10_000, 30_000];

// --- a group on a visible page needs no notification: the page holds a lock that the other tabs query ---

const shown = document.querySelector('#messages[data-base]:not([data-past])');
const seen = (base) => `parley-seen:${base}`;
let unsee = () => {};

function see() {
  unsee();
  if (!shown || document.hidden) return;
  const { promise, resolve } = Promise.withResolvers();
  unsee = resolve;
  navigator.locks.request(seen(shown.dataset.base), { mode: 'shared' }, () => promise).catch(() => {});
}

/**
 * Asked for each message, so that an open page follows when quiet hours begin and end. They are those of the page loaded last, as the reader may have changed
 * them in another tab. What comes meanwhile is not notified of later.
 */
const isQuietNow = () => isQuiet(localStorage.getItem(QUIET));

const isSeen = async (base) => (await navigator.locks.query()).held.some(({ name }) => name === seen(base));

// --- when the unread count of a group increases, one tab notifies of the newest message ---

const counts = new Map();

function onSidebar(sidebar) {
  for (const link of sidebar.querySelectorAll(`a[href^="${site}/groups/"]`)) {
    const base = link.getAttribute('href');
    const { waiting = '0', all } = link.parentElement.dataset;
    const [before, now] = [counts.get(base), Number.parseInt(waiting, 10)];
    counts.set(base, now);
    if (before !== undefined && now > before && isOpenChosen()) notifySoon([base, link.firstChild.textContent, all !== undefined]);
  }
}

/** `of`: the arguments of `notifyOf`. */
function notifySoon(of, [waitMs, ...later] = AGAIN_MS) {
  notifyOf(...of).catch(() => {
    if (waitMs) setTimeout(notifySoon, waitMs, of, later);
  });
}

/** Rejects when the server cannot be reached or cannot answer now. */
async function notifyOf(base, name, isAll) {
  if (isQuietNow() || (await isSeen(base))) return;
  const response = await ask(`${base}/messages?limit=20`);
  if (response.status >= 500 || response.status === 429) throw new Error(response.statusText);
  if (!response.ok) return;
  const isNamed = ({ mentions, mentions_all }) => mentions_all || mentions.includes(viewer);
  const message = (await response.json()).findLast(
    (one) => !one.erased && (one.author.as || one.author.id !== viewer) && (isAll || isNamed(one)),
  );
  if (message) await navigator.locks.request('parley-tell', () => notifyOnce(message, name));
}

/** Other tabs may see an outdated localStorage for some time, so the notifying tab holds a lock for the message meanwhile. */
async function notifyOnce(message, name) {
  const { group, seq } = message;
  if ((lastTold()[group] ?? 0) >= seq) return;
  const { promise, resolve } = Promise.withResolvers();
  const told = async (lock) => {
    if (lock) await notify(message, name).then(() => localStorage.setItem(TOLD, JSON.stringify({ ...lastTold(), [group]: seq })));
    resolve();
    if (lock) await new Promise((over) => setTimeout(over, CLAIMED_MS));
  };
  navigator.locks.request(`parley-told:${group}:${seq}`, { ifAvailable: true }, told).catch(resolve);
  await promise;
}

const lastTold = () => JSON.parse(localStorage.getItem(TOLD) ?? '{}');

async function notify({ group, author, attachments, url, ...message }, name) {
  const text = message.text || message.body || attachments.map((file) => file.name).join(', ');
  const body = [...text.replace(/\s+/g, ' ').trim()].slice(0, MAX_BODY).join('');
  const title = name === author.name ? name : t('{1} in {2}', author.name, name);
  const icon = `${site}/static/0000000000000000/icons/icon-192.png`;
  await (await worker()).showNotification(title, { body, icon, tag: `group:${group}`, renotify: true, data: { url, group } });
}

// --- at the first mention of the viewer, the group page offers notifications ---

const isNamed = () => shown.querySelector(`article:not([data-author="${viewer}"]) .mention[data-user="${viewer}"]`);

function hint() {
  if (!isNamed() || localStorage.getItem(HINT) === 'no' || byId('notify-hint')) return;
  watch.disconnect();
  const link = make('a', { href: `${site}/settings#notifications`, textContent: t('Get notifications on this device') });
  const away = make('button', { type: 'button', className: 'quiet', textContent: t('Not now') });
  const [before, after] = t('You were mentioned. {1} when that happens while Parley is not visible.', '\n').split('\n');
  const text = make('span', {}, before, link, after);
  const line = make('p', { id: 'notify-hint', className: 'flash', role: 'status', 'data-kind': 'info' }, text, away);
  for (const control of [link, away])
    control.addEventListener('click', () => {
      localStorage.setItem(HINT, 'no');
      line.remove();
    });
  document.querySelector('main .head')?.after(line);
}

const watch = new MutationObserver(hint);

if (viewer && isAble) {
  localStorage.setItem(QUIET, document.documentElement.dataset.quiet ?? '');
  document.addEventListener('visibilitychange', see);
  see();
  if (byId('sidebar')) onSidebar(byId('sidebar'));
  if (shown) counts.delete(shown.dataset.base); // the sidebar does not count the group that its page shows
  document.addEventListener('parley:sidebar', ({ detail }) => onSidebar(detail));
  if (isOpenChosen()) worker().catch(() => {});
  if (shown && Notification.permission === 'default' && localStorage.getItem(HINT) !== 'no') {
    watch.observe(shown, { childList: true });
    hint();
  }
}
