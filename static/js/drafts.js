// A text that is not sent yet survives a reload: it is kept in this browser for each account and group, until the server has taken it.
import { byId, field, viewer } from './dom.js';

const PREFIX = 'draft:';
const keyOf = (path) => `${PREFIX}${viewer}:${path}`;
const here = viewer && field && keyOf(new URL(field.form.action).pathname.replace(/\/messages$/, ''));
const sidebar = byId('sidebar');

/** A browser may refuse to store anything; then there are no drafts. */
function attempt(act) {
  try {
    return act(localStorage);
  } catch {
    return undefined;
  }
}

let sent = []; // texts that the server has not answered yet

/** Stores what is typed, and before it what is being sent. */
export function keep() {
  const text = [...sent, field.value].filter((part) => part.trim() !== '').join('\n');
  attempt((store) => (text === '' ? store.removeItem(here) : store.setItem(here, text)));
  markSidebar();
}

/** A text is being sent; it is kept until `settle` is called with it. */
export function hold(text) {
  sent.push(text);
  keep();
}

/** The server has answered: the text was taken, or is in the field again. */
export function settle(text) {
  const at = sent.indexOf(text);
  sent = at === -1 ? [] : sent.toSpliced(at, 1);
  keep();
}

function restore() {
  const text = attempt((store) => store.getItem(here));
  if (!text || field.value !== '') return;
  field.value = text;
  field.setSelectionRange(text.length, text.length);
}

/** On log-out: whoever uses this browser next finds none. */
function forgetAll() {
  attempt((store) => {
    for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
  });
}

function markSidebar() {
  for (const link of sidebar?.querySelectorAll('a[href^="/groups/"]') ?? []) {
    const isDraft = attempt((store) => store.getItem(keyOf(link.getAttribute('href')))) && !link.hasAttribute('aria-current');
    link.toggleAttribute('data-draft', Boolean(isDraft));
  }
}

document.addEventListener('submit', ({ target }) => target.getAttribute('action') === '/logout' && forgetAll());

if (viewer) {
  addEventListener('storage', ({ key }) => key?.startsWith(PREFIX) && markSidebar());
  field?.addEventListener('input', keep);
  if (field) restore();
  markSidebar();
  if (sidebar) new MutationObserver(markSidebar).observe(sidebar, { childList: true, subtree: true });
}
