// The actions of a message. A page has one menu and one bar of quick actions for all its rows; both are moved into the row that they act on. The link
// "Actions" of a row leads, without this script, to the page of its message, which has the same actions.
import { announce, ask, byId, list, t, viewer } from './dom.js';
import { later } from './on-demand.js';

const [tools, menu, quick] = [byId('tools'), byId('menu'), byId('quick')];
const MARGIN = 8;
const isSheet = () => matchMedia('(hover: none), (width < 40rem)').matches;
const linkOf = (row) => row.querySelector(':scope > a.acts');
const rowOf = (element) => element.closest?.('#messages > .msg');

/** Makes the forms and links of the menu or the bar act on a row. */
function aim(part, row) {
  const url = linkOf(row).getAttribute('href');
  const base = url.replace(/\/messages\/\d+$/, '');
  const seq = row.id.slice(2);
  for (const form of part.querySelectorAll('[data-path]')) {
    form.action = `${url}/${form.dataset.path}`;
    if (form.hasAttribute('hx-post')) form.setAttribute('hx-post', form.action);
  }
  part.querySelector('.reply').href = `${base}?reply=${seq}#composer`;
  row.append(part);
}

/** Sets what depends on the row: who may do what, whether it is pinned, who has reacted. */
function fill(row) {
  const isOwn = row.dataset.author === viewer;
  const isPinned = row.hasAttribute('data-pinned');
  menu.querySelector('.mark').elements.seq.value = row.id.slice(2);
  for (const [name, path] of [
    ['.edits', 'edit'],
    ['.report', 'report'],
    ['.into', 'thread'],
  ])
    menu.querySelector(name).href = `${linkOf(row).href}/${path}`;
  menu.querySelector('.cite').href = menu.querySelector('.reply').href.replace('?reply=', '?quote=');
  menu.querySelector('.edits').hidden = !isOwn;
  menu.querySelector('.erase').hidden = !isOwn && !menu.hasAttribute('data-moderator');
  const pin = menu.querySelector('.pin button');
  pin.value = isPinned ? '0' : '1';
  pin.lastElementChild.textContent = isPinned ? t('Unpin') : t('Pin');
  const names = [...row.querySelectorAll('.tally [value="1"]')].map(
    (button) => `${button.textContent.replace(/ \d+$/, '')} ${button.title}`,
  );
  menu
    .querySelector('.reacted')
    .replaceChildren(...names.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
}

/** Beside the link: below it where there is room, else above. On a phone it is a sheet at the lower edge, which the style places. */
function place(link) {
  if (isSheet()) return menu.removeAttribute('style');
  const [at, size] = [link.getBoundingClientRect(), menu.getBoundingClientRect()];
  const below = at.bottom + size.height + MARGIN <= innerHeight;
  const top = below ? at.bottom : Math.max(MARGIN, at.top - size.height);
  const left = Math.min(Math.max(MARGIN, at.left), innerWidth - size.width - MARGIN);
  menu.style.inset = `${top}px auto auto ${left}px`;
}

const isOpen = () => menu?.matches(':popover-open') ?? false;

function open(row) {
  aim(menu, row);
  fill(row);
  const link = linkOf(row);
  menu.showPopover();
  link.setAttribute('aria-expanded', 'true');
  place(link);
}

/** Closes the menu. */
export function closeMenu() {
  if (isOpen()) menu.hidePopover();
}

/** Called before a row is replaced by its next revision: returns what moves the menu and the bar, and the focus in them, into that one. */
export function carryTools(row) {
  const inRow = [menu, quick].filter((part) => part?.parentElement === row);
  const [wasOpen, focused] = [isOpen(), document.activeElement];
  return (fresh) => {
    if (inRow.length === 0) return false;
    if (!linkOf(fresh)) tools.append(...inRow);
    else for (const part of inRow) aim(part, fresh);
    if (wasOpen && linkOf(fresh) && inRow.includes(menu)) open(fresh);
    const isInside = inRow.some((part) => part.contains(focused)) && focused.checkVisibility();
    if (isInside) focused.focus({ preventScroll: true });
    return isInside;
  };
}

/** Before rows are removed from the page. */
export const releaseTools = () => tools?.append(menu, quick);

/** Replaces a row by the form that edits it. */
export function startEdit(row) {
  const url = `${linkOf(row).getAttribute('href')}/edit`;
  closeMenu();
  releaseTools();
  htmx.ajax('GET', url, { source: row, target: row, swap: 'innerHTML' });
}

async function save(form) {
  const { ok } = await ask(form.action, { method: 'POST', body: new URLSearchParams({ on: '1' }) }).catch(() => ({ ok: false }));
  announce(
    ok ? t('Saved. Your saved messages are in the menu, under Saved.') : t('Not saved: the server did not answer. Try again.'),
    true,
  );
}

function pickReaction(row) {
  const url = `${linkOf(row).getAttribute('href')}/reactions`;
  closeMenu();
  void later('emoji', (emoji) => htmx.ajax('POST', url, { source: list, target: list, swap: 'log', values: { emoji, on: '1' } }));
}

// --- events ---

function onClick(event) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const row = rowOf(event.target);
  if (!row) return;
  const isLink = event.target.closest('a.acts');
  if (event.target.closest('.pick')) {
    event.preventDefault();
    return pickReaction(row);
  }
  if (!isLink && !event.target.closest('.edits')) return;
  event.preventDefault();
  if (!isLink) startEdit(row);
  else if (event.detail === 0 ? isOpen() : wasOpenAt === row) closeMenu();
  else open(row);
  wasOpenAt = null;
}

let wasOpenAt = null; // the row whose menu the press of the pointer has closed: the click that follows does not open it again

function onPress({ target }) {
  wasOpenAt = isOpen() && target.closest?.('a.acts')?.parentElement === menu.parentElement ? menu.parentElement : null;
}

/** The menu closes when one of its actions is used. */
function onSubmit(event) {
  const form = event.target;
  if (!menu.contains(form)) return;
  if (form.matches('.save')) {
    event.preventDefault();
    void save(form);
  }
  setTimeout(closeMenu); // after the other handlers, which need its row
}

/** The bar is shown in the row under the pointer, or with the focus. */
function showQuick({ target }) {
  const row = rowOf(target);
  if (row && quick.parentElement !== row && !isOpen() && linkOf(row) && !quick.matches(':focus-within')) aim(quick, row);
}

if (menu && list && menu.showPopover) {
  list.addEventListener('click', onClick);
  list.addEventListener('pointerdown', onPress, true);
  list.addEventListener('submit', onSubmit);
  list.addEventListener('pointerover', showQuick);
  list.addEventListener('focusin', showQuick);
  menu.addEventListener('toggle', ({ newState }) => {
    if (newState === 'closed') for (const link of list.querySelectorAll('a.acts[aria-expanded]')) link.removeAttribute('aria-expanded');
  });
  byId('scroller')?.addEventListener('scroll', () => !isSheet() && closeMenu(), { passive: true });
}
