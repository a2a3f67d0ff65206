// The conversation on the page: consecutive rows without a gap, at most 300. Near an end more rows are fetched, and rows far away at the other end
// are removed. If the newest rows are not shown, the page is in the past: arriving rows are only counted.
import { closesOnEscape } from './dialogs.js';
import { announce, byId, composer, list, seqOf, t } from './dom.js';
import { releaseTools } from './menu.js';
import { onArrival } from './outbox.js';
import { fetchRows, link, onNear, setLink, watch } from './paging.js';
import { keepLine, look, onAdded } from './reading.js';
import { put } from './rows.js';
import { breakDays, localise } from './times.js';
import {
  base,
  firstSeq,
  isAtEnd,
  isFarBack,
  isPast,
  isReadingBack,
  lastSeq,
  onScroll,
  rows,
  scroller,
  scrollTo,
  steady,
} from './viewport.js';

const MAX_ROWS = 300;

// --- rows that arrive: the swap style `log` ---

let held = null; // rows from the stream during a fetch: their position is known afterwards
let isNewestWanted = false; // requested while rows were fetched
const fresh = new Set(); // seqs of messages that arrived and were not shown
let swapSource = null;

htmx.registerExtension('log', {
  htmx_before_swap: (element) => {
    swapSource = element;
  },
  handle_swap: (style, _target, fragment) => style === 'log' && take([...fragment.children], swapSource === list),
});

let paused = null; // rows from the stream while the reader has paused it

function showPause() {
  const button = byId('pause');
  const count = paused ? new Set(paused.filter((row) => row.matches('article:not([data-follow])')).map(({ id }) => id)).size : 0;
  button.toggleAttribute('data-on', Boolean(paused));
  button.title = paused ? t('Show new messages again') : t('Pause new messages');
  button.lastElementChild.textContent = !paused ? t('Pause') : count > 0 ? t('Resume, {1} new', count) : t('Resume');
}

function pause() {
  paused = [];
  list.setAttribute('aria-live', 'off');
  announce(t('Paused. New messages are not shown.'));
  showPause();
}

function resume() {
  if (!paused) return;
  const waited = paused;
  paused = null;
  list.removeAttribute('aria-live');
  showPause();
  for (const row of take(waited, true)) htmx.process(row);
}

/** Inserts the rows that follow the shown ones without a gap and counts the others. Returns the inserted rows. */
function take(arriving, fromStream) {
  if (paused && fromStream) {
    const isRow = ({ id }) => /^[mf]-\d+$|^d-/.test(id);
    paused.push(...arriving.filter((row) => isRow(row) && !row.matches('.msg.draft'))); // drafts stand still
    showPause();
    return take(
      arriving.filter((one) => !isRow(one)),
      false,
    );
  }
  return steady(() => {
    const unknown = new Set(arriving.filter((row) => row.matches('article') && !byId(row.id)));
    const added = arriving.filter((row) => isWanted(row, fromStream) && put(row, fromStream));
    for (const row of added) localise(row);
    for (const row of added) if (unknown.has(row)) onArrival(row);
    if (added.length > 0 && base) {
      if (!isPast() && !isReadingBack()) removeOldest();
      onAdded(added);
    }
    if (added.length > 0 && list) breakDays();
    return added;
  });
}

function isWanted(row, fromStream) {
  if (isElsewhere(row, fromStream)) return false;
  if (!base || !/^m-\d+$/.test(row.id) || byId(row.id)) return true;
  if (held && fromStream) held.push(row);
  if (held && fromStream) return false;
  if (row.hasAttribute('data-follow')) return true; // a change to a message that is not shown: `put` drops it
  const seq = seqOf(row);
  if (seq < firstSeq()) return !link('prev');
  if (seq < lastSeq()) return true;
  if (!isPast() && fromStream && isReadingBack() && rows().length >= MAX_ROWS) leavePresent();
  if (fromStream && (isPast() || isReadingBack()) && row.matches('article')) fresh.add(seq);
  if (isPast() && !fromStream) void toNewest(); // a post of the viewer
  showFresh();
  return !isPast();
}

/** On the page of a thread: a message of the group that is not in it, which an earlier page of this tab had not sent. */
const isElsewhere = (row, fromStream) =>
  list?.hasAttribute('data-thread') && !fromStream && /^m-/.test(row.id) && !byId(row.id) && !row.querySelector('.answers');

function leavePresent() {
  list.dataset.past = '';
  setLink('next', `?after=${lastSeq()}#messages`);
  showFresh();
}

/** Also removes the query from the address, so that a reload stays in the present. */
function enterPresent() {
  list.removeAttribute('data-past');
  history.replaceState(history.state, '', base);
}

const jumpText = (count) =>
  count === 0 ? t('Jump to newest') : count === 1 ? t('1 new message – jump to newest') : t('{1} new messages – jump to newest', count);

function showFresh() {
  if (base && !isPast() && isAtEnd()) fresh.clear();
  const pill = byId('newest');
  const text = jumpText(fresh.size);
  if (pill.textContent !== text) pill.textContent = text;
  pill.hidden = !isPast() && fresh.size === 0 && !isFarBack();
}

// --- older and newer rows ---

/** Fetches rows and changes the page; rows from the stream wait meanwhile. Resolves to whether it succeeded. */
async function withRows(query, act) {
  if (held) return false;
  held = [];
  try {
    const found = await fetchRows(query);
    list.setAttribute('aria-live', 'off'); // old messages are not read out
    act(found);
    for (const rel of ['prev', 'next']) watch(link(rel)); // the other end may be near the viewport now
    return true;
  } catch {
    announce(t('Loading more messages failed. Try again.'));
    return false;
  } finally {
    release();
    if (isNewestWanted) setTimeout(() => void toNewest());
    isNewestWanted = false;
    requestAnimationFrame(() => requestAnimationFrame(() => !paused && list.removeAttribute('aria-live')));
    showFresh();
    look();
  }
}

function release() {
  const waited = held;
  held = null;
  for (const row of take(waited, true)) htmx.process(row);
}

function insert(fetched) {
  const added = fetched.filter((row) => put(row, false));
  for (const row of added) localise(row);
  for (const row of added) htmx.process(row);
}

async function load(rel) {
  const isDone = await withRows(new URL(link(rel).href).search, (found) =>
    steady(() => {
      insert(found.rows);
      if (rel === 'prev') removeNewest();
      else removeOldest();
      if (rel === 'next' && found.next === undefined) enterPresent();
      setLink(rel, found[rel]);
      for (const seq of fresh) if (seq <= lastSeq()) fresh.delete(seq);
      keepLine();
      breakDays();
    }, true),
  );
  if (isDone) announce(rel === 'prev' ? t('Older messages loaded') : t('Newer messages loaded'));
}

function removeNewest() {
  const beyond = rows().slice(MAX_ROWS);
  if (beyond.length > 0) releaseTools();
  for (const row of beyond) row.remove();
  if (beyond.length > 0) leavePresent();
}

/** Keeps system lines before the first remaining message, because the server's page of that message has them too. */
function removeOldest() {
  const all = rows();
  let count = all.length - MAX_ROWS;
  while (count > 0 && !all[count - 1].matches('article')) count -= 1;
  if (count <= 0) return;
  releaseTools();
  for (const row of all.slice(0, count)) row.remove();
  keepLine();
  setLink('prev', `?before=${firstSeq()}`);
}

async function toNewest() {
  if (held) isNewestWanted = true;
  else if (!isPast()) scrollTo(0);
  else {
    const isDone = await withRows('', (found) => {
      releaseTools();
      list.replaceChildren();
      insert(found.rows);
      enterPresent();
      setLink('next', undefined);
      setLink('prev', found.prev);
      keepLine();
      breakDays();
    });
    if (!isDone) return;
    scrollTo(0);
    announce(t('Newest messages loaded'));
  }
  showFresh();
  look();
}

// --- keys and clicks ---

function onKey(event) {
  if (event.key === 'Escape' && !event.defaultPrevented && !closesOnEscape()) void toNewest();
  const page = { PageUp: -1, PageDown: 1 }[event.key];
  if (!page || event.target.id !== 'body' || event.target.value !== '') return;
  event.preventDefault();
  scroller.scrollBy({ top: page * scroller.clientHeight * 0.9 });
}

function onClick(event) {
  const { target } = event;
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const turned = target.closest('a.turn');
  if (turned || target.id === 'newest') event.preventDefault();
  if (turned) void load(turned.rel);
  if (target.id === 'newest') void toNewest();
  if (target.closest('#pause')) (paused ? resume : pause)();
  const line = target.id === 'jump' && byId('unread');
  if (!line) return;
  event.preventDefault();
  line.scrollIntoView({ block: 'center' });
  line.nextElementSibling.focus({ preventScroll: true });
}

if (base) {
  onNear((rel) => void load(rel));
  onScroll(() => {
    showFresh();
    look();
  });
  document.addEventListener('keydown', onKey);
  document.addEventListener('click', onClick);
  composer?.addEventListener('htmx:config:request', resume); // what is posted follows what waits
}
