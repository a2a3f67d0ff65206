// Drafts: unsent text is stored in this browser per account, and per group or thread. Each tab has its own; the draft of a page that is left is offered
// to the next one that opens the same.
import { attempt, byId, field, list, site, viewer } from './dom.js';

const PREFIX = 'draft:';
const keyOf = (path) => `${PREFIX}${viewer}:${path}`;
const pathOf = ({ action }) => new URL(action).pathname;
const thread = list?.dataset.thread;
const here = viewer && field && keyOf(thread ? `${pathOf(field.form)}/${thread}/thread` : pathOf(field.form).replace(/\/messages$/, ''));
const sidebar = byId('sidebar');

/** `storage`: of the tab, or of the browser. An empty text removes the draft. */
const put = (storage, text) => attempt(() => (text.trim() === '' ? storage().removeItem(here) : storage().setItem(here, text)));
const ofTab = () => sessionStorage;
const ofBrowser = () => localStorage;

const keep = () => put(ofTab, field.value);

/** The page is being left: another tab may go on with its draft. */
function leave() {
  keep();
  if (field.value.trim() !== '') put(ofBrowser, field.value);
}

/** The draft is in this tab now. */
function restore() {
  const own = attempt(() => ofTab().getItem(here));
  const left = attempt(() => ofBrowser().getItem(here));
  const text = own ?? left;
  if (text === null || text === undefined) return;
  if (text === left) put(ofBrowser, '');
  if (field.value !== '') return;
  field.value = text;
  field.setSelectionRange(text.length, text.length);
  keep();
}

/** Removes all drafts at log-out. */
function removeAll() {
  for (const storage of [ofTab, ofBrowser])
    attempt(() => {
      for (const key of Object.keys(storage())) if (key.startsWith(PREFIX)) storage().removeItem(key);
    });
}

function markSidebar() {
  for (const link of sidebar?.querySelectorAll(`a[href^="${site}/groups/"]`) ?? []) {
    const key = keyOf(link.getAttribute('href'));
    const isDraft = attempt(() => ofBrowser().getItem(key) ?? ofTab().getItem(key)) && !link.hasAttribute('aria-current');
    link.toggleAttribute('data-draft', Boolean(isDraft));
  }
}

let isLoggingOut = false;
document.addEventListener('submit', ({ target }) => {
  if (target.getAttribute('action') !== `${site}/logout`) return;
  isLoggingOut = true;
  removeAll();
});

if (viewer) {
  addEventListener('storage', ({ key }) => key?.startsWith(PREFIX) && markSidebar());
  for (const name of ['input', 'parley:emptied']) field?.addEventListener(name, keep);
  if (field) restore();
  if (field) addEventListener('pagehide', () => !isLoggingOut && leave());
  markSidebar();
  if (sidebar) new MutationObserver(markSidebar).observe(sidebar, { childList: true, subtree: true });
}
