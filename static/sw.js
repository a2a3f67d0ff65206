// The service worker: shows pushed notifications, unless the group's page is visible. sw-offline.js is its other part.
/** Below which the site is served: '' or such as /chat. */
const site = new URL('.', location.href).pathname.slice(0, -1);
const ICON = `${site}/static/0000000000000000/icons/icon-192.png`; // every hash serves the current file

const windows = () => clients.matchAll({ type: 'window', includeUncontrolled: true });
const isOf = (group) => {
  const base = `${site}/groups/${group}`;
  return ({ url }) => new URL(url).pathname === base;
};

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('push', (event) => event.waitUntil(notify(event.data?.json())));

async function notify(notice) {
  if (!notice) return;
  const open = await windows();
  if (notice.group && open.filter(isOf(notice.group)).some(({ visibilityState }) => visibilityState === 'visible')) return;
  const { title, body, tag, url, group } = notice;
  await registration.showNotification(title, { body, tag, icon: ICON, renotify: true, data: { url, group } });
  if (open.length === 0) await navigator.setAppBadge?.().catch(() => {});
}

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

/** Focuses the tab that shows the group; without one, opens the message in its conversation. */
async function open({ url, group }) {
  const tab = group && (await windows()).find(isOf(group));
  await (tab ? tab.focus() : clients.openWindow(url));
}

addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)));

const ask = (method, body) =>
  fetch(`${site}/settings/push`, {
    method,
    headers: { Accept: 'application/json', ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

/** Replaces a subscription that the browser or its push service has ended. */
async function renew({ oldSubscription, newSubscription }) {
  const { key } = await (await ask('GET')).json();
  const next = newSubscription ?? (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  await ask('POST', next.toJSON());
  if (oldSubscription) await ask('DELETE', { endpoint: oldSubscription.endpoint });
}
