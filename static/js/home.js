// The page of all groups stays current: its lists are fetched again when the list beside it has changed.
import { byId } from './dom.js';
import { localiseDates } from './times.js';

const EVERY_MS = 1000;
const home = byId('home');
const beside = byId('sidebar');
let known = home && beside ? stateOf(beside) : '';
let timer = 0;

/** What the list says, without who is online, which the page of all groups does not show. */
function stateOf(sidebar) {
  const copy = sidebar.cloneNode(true);
  for (const row of copy.querySelectorAll('[data-present]')) {
    row.removeAttribute('data-present');
    row.querySelector('.vh').remove();
  }
  return copy.innerHTML;
}

async function refresh() {
  timer = 0;
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => ({ ok: false }));
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('home');
  if (!fresh) return;
  localiseDates(fresh);
  const focused = home.contains(document.activeElement) && document.activeElement.getAttribute('href');
  home.replaceChildren(...fresh.childNodes);
  if (focused) home.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function onSidebar({ detail }) {
  const state = stateOf(detail);
  if (state === known) return;
  known = state;
  if (timer === 0) timer = setTimeout(() => void refresh(), EVERY_MS);
}

if (home) document.addEventListener('parley:sidebar', onSidebar);
