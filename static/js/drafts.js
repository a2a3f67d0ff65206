// Drafts: unsent text is stored in this browser per account and group until the server has accepted it, so it survives a reload.
import { byId, field, site, viewer } from './dom.js';

const PREFIX = 'draft:';
const keyOf = (path) => `${PREFIX}${viewer}:${path}`;
const here = viewer && field && keyOf(new URL(field.form.action).pathname.replace(/\/messages$/, ''));
const sidebar = byId('sidebar');

/** Accesses localStorage. If the browser refuses that, there are no drafts. */
function attempt(act) {
  try {
    return act(localStorage);
  } catch {
    return undefined;
  }
}

let sent = []; // texts of pending requests

/** Stores the texts of pending requests and the text of the field. */
export function keep() {
  const text = [...sent, field.value].filter((part) => part.trim() !== '').join('\n');
  attempt((store) => (text === '' ? store.removeItem(here) : store.setItem(here, text)));
  markSidebar();
}

/** Keeps a text that is being sent until `release` is called with it. */
export function hold(text) {
  sent.push(text);
  keep();
}

/** Call when the request has ended: the text was accepted, or is in the field again. */
export function release(text) {
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

/** Removes all drafts at log-out. */
function removeAll() {
  attempt((store) => {
    for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
  });
}

function markSidebar() {
  for (const link of sidebar?.querySelectorAll(`a[href^="${site}/groups/"]`) ?? []) {
    const isDraft = attempt((store) => store.getItem(keyOf(link.getAttribute('href')))) && !link.hasAttribute('aria-current');
    link.toggleAttribute('data-draft', Boolean(isDraft));
  }
}

document.addEventListener('submit', ({ target }) => target.getAttribute('action') === `${site}/logout` && removeAll());

if (viewer) {
  addEventListener('storage', ({ key }) => key?.startsWith(PREFIX) && markSidebar());
  field?.addEventListener('input', keep);
  if (field) restore();
  markSidebar();
  if (sidebar) new MutationObserver(markSidebar).observe(sidebar, { childList: true, subtree: true });
}
