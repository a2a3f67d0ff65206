// The stream of the page: its state is shown, a hidden tab has none, and its events `reset` and `closed` are obeyed.
import { byId, list } from './dom.js';

let isOver = false; // the server has sent `closed`
let isShown = false; // the tab has just been shown: somebody waits
let stream = null;

function show(state, text) {
  const status = byId('connection');
  if (!status || (status.dataset.state === state && status.textContent === text)) return;
  status.dataset.state = state;
  status.textContent = text;
}

const showReconnecting = () => show('reconnecting', 'reconnecting…');
const on = (name, act) => list.addEventListener(name, (event) => event.target === list && !isOver && act(event));

function follow() {
  show('connecting', 'connecting…');
  on('htmx:sse:after:connection', () => {
    show('connected', 'connected');
    if (document.hidden) setTimeout(() => stream?.reader?.cancel()); // hidden while it was being opened
  });
  // htmx ends the stream when the tab is hidden, and resumes it by its cursor when the tab is shown.
  const onlyIfSeen = (event) => event.target === list && (document.hidden || isOver) && event.preventDefault();
  for (const name of ['htmx:before:request', 'htmx:sse:before:connection']) list.addEventListener(name, onlyIfSeen);
  document.addEventListener('visibilitychange', () => {
    isShown = !document.hidden;
  });
  on('htmx:sse:before:connection', onConnect);
  // A network that is lost leaves connections silent, not closed: end them, and reconnect at once when it is back.
  addEventListener('offline', () => stream?.reader?.cancel());
  addEventListener('online', () => stream?.delayCanceller?.());
  on('htmx:sse:error', ({ detail }) => {
    if ([401, 403, 404].includes(detail.status))
      location.reload(); // logged out or removed meanwhile: the page says so
    else showReconnecting();
  });
  for (const name of ['htmx:error', 'htmx:response:error']) on(name, showReconnecting);
  on('reset', () => location.reload());
  on('closed', ({ detail }) => {
    isOver = true;
    show('closed', detail.data || 'closed');
    for (const control of document.querySelectorAll('#composer textarea, #composer button')) control.disabled = true;
  });
}

function onConnect({ detail, defaultPrevented }) {
  if (defaultPrevented) return;
  byId('typing')?.replaceChildren(); // what the last stream said of it is out of date
  stream = detail.connection;
  if (stream.attempt === 0) return;
  showReconnecting();
  if (isShown) setTimeout(() => stream.delayCanceller?.());
  isShown = false;
}

/** While developing: reloads the page once its server has been started again. */
async function watchServer() {
  await fetch('/dev/alive')
    .then((answer) => answer.text()) // ends with the server
    .catch(() => {});
  const timer = setInterval(async () => {
    const isBack = await fetch('/healthz').then(
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
