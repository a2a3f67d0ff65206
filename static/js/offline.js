// Use without the network. The service worker (static/sw-offline.js) keeps the group pages that were looked at; this asks it to keep the page anew after
// changes, and handles a page that it has shown from what is kept.
import { byId, composer, list, site, viewer } from './dom.js';
import { base, isPast } from './viewport.js';
import { worker } from './worker.js';

const ASK_MS = 10_000;
const isKept = document.documentElement.hasAttribute('data-kept');

const keep = (path) => navigator.serviceWorker.controller?.postMessage({ keep: path });

/** The group's page as it is now, once it has changed, when the tab is hidden: a phone may lose the network before it is shown again. */
function follow() {
  let hasChanged = false;
  const watch = new MutationObserver(() => {
    hasChanged = true;
  });
  addEventListener('load', () => watch.observe(list, { childList: true }));
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden || !hasChanged || isPast()) return;
    hasChanged = false;
    keep(base);
  });
}

/** The service worker looks whether the session has ended, or only the membership. */
function checkOnClose() {
  const look = () => keep(base ?? `${site}/groups`);
  list?.addEventListener('closed', look);
  document.addEventListener('parley:closed', look);
}

async function install() {
  const isNew = !navigator.serviceWorker.controller;
  const { active } = await worker();
  if (isNew && base && !isPast()) active.postMessage({ keep: base });
}

/** Nothing of a kept page can be changed; it is loaded anew when its stream is connected. */
function showKept() {
  for (const button of list.querySelectorAll('button')) button.disabled = true;
  if (composer) byId('composer-key').value = crypto.randomUUID(); // the kept one may have been used
  list.addEventListener('htmx:sse:after:connection', () => location.reload());
}

/** A reload would take the place of a navigation that takes this long at most: a link on the page that was just followed. */
const LEAVING_MS = 5000;

/** The page in place of one that is not kept. */
function retry() {
  let leftAt = Number.NEGATIVE_INFINITY;
  const reload = () => performance.now() - leftAt > LEAVING_MS && location.reload();
  addEventListener('beforeunload', () => {
    leftAt = performance.now();
  });
  addEventListener('online', reload);
  setInterval(() => {
    if (!document.hidden)
      fetch(`${site}/healthz`).then(
        ({ ok }) => ok && reload(),
        () => {},
      );
  }, ASK_MS);
}

if (viewer && isSecureContext && 'serviceWorker' in navigator) {
  install().catch(() => {});
  checkOnClose();
  if (base && !isKept) follow();
}
if (isKept && list) showKept();
if (byId('kept') && new URL(location.href).pathname !== `${site}/offline`) retry();
