// The stream of the page: shows its state, closes it in a hidden tab, and handles its events `reset` and `closed`.
import { byId, list, site, t } from './dom.js';

let isOver = false; // the server has sent `closed`
let isShown = false; // the tab has just become visible
let stream = null;

function show(state, text) {
  const status = byId('connection');
  if (!status || (status.dataset.state === state && status.textContent === text)) return;
  status.dataset.state = state;
  status.textContent = text;
}

const showReconnecting = () => show('reconnecting', t('reconnecting…'));
const on = (name, act) => list.addEventListener(name, (event) => event.target === list && !isOver && act(event));

function follow() {
  show('connecting', t('connecting…'));
  on('htmx:sse:after:connection', () => {
    show('connected', t('connected'));
    if (document.hidden) setTimeout(() => stream?.reader?.cancel()); // hidden while it was being opened
  });
  // htmx ends the stream when the tab is hidden, and resumes it by its cursor when the tab is shown.
  const onlyIfSeen = (event) => event.target === list && (document.hidden || isOver) && event.preventDefault();
  for (const name of ['htmx:before:request', 'htmx:sse:before:connection']) list.addEventListener(name, onlyIfSeen);
  document.addEventListener('visibilitychange', () => {
    isShown = !document.hidden;
  });
  on('htmx:sse:before:connection', onConnect);
  // Losing the network does not close connections: close them here, and reconnect at once when it is back.
  addEventListener('offline', () => stream?.reader?.cancel());
  addEventListener('online', () => stream?.delayCanceller?.());
  on('htmx:sse:error', ({ detail }) => {
    if ([401, 403, 404].includes(detail.status))
      location.reload(); // logged out or removed meanwhile: the reloaded page says so
    else showReconnecting();
  });
  for (const name of ['htmx:error', 'htmx:response:error']) on(name, showReconnecting);
  on('reset', () => location.reload());
  on('closed', ({ detail }) => {
    isOver = true;
    show('closed', detail.data || t('closed'));
    for (const control of document.querySelectorAll('#composer textarea, #composer button')) control.disabled = true;
  });
}

function onConnect({ detail, defaultPrevented }) {
  if (defaultPrevented) return;
  const isFirst = !stream;
  for (const id of ['typing', 'drafts', ...(isFirst ? [] : ['ephemerals'])]) byId(id)?.replaceChildren(); // outdated after a reconnection
  stream = detail.connection;
  if (stream.attempt === 0) return;
  showReconnecting();
  if (isShown) setTimeout(() => stream.delayCanceller?.());
  isShown = false;
}

/** Development mode: reloads the page after a restart of the server. */
async function watchServer() {
  await fetch(`${site}/dev/alive`)
    .then((answer) => answer.text()) // ends with the server
    .catch(() => {});
  const timer = setInterval(async () => {
    const isBack = await fetch(`${site}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (!isBack) return;
    clearInterval(timer);
    location.reload();
  }, 300);
}

if (list?.hasAttribute('hx-sse:connect')) follow();
if (document.documentElement.hasAttribute('data-dev')) void watchServer();
