// Read state: the line before the first unread message, and the read mark on the server.
import { announce, ask, byId, list, make, seqOf, t, viewer } from './dom.js';
import { base, isInView, isPast, lastSeq, rows } from './viewport.js';

const SEEN_MS = 1000;
const CATCH_UP_MS = 3000;

// --- the line before the first unread message ---

let unreadSeq = 0; // of the message after the line

/** The message after the line, on this page or where the link "Jump to the first unread" leads. */
function firstUnread() {
  const row = document.querySelector('#unread + article');
  return row ? seqOf(row) : Number(new URLSearchParams(byId('jump')?.search).get('unread'));
}

/** Draws the line again, or removes it, after rows were added or removed. */
export function keepLine() {
  const [row, line] = [byId(`m-${unreadSeq}`), byId('unread')];
  if (!row) line?.remove();
  else if (line?.nextElementSibling !== row) drawLine(row);
}

function drawLine(row) {
  unreadSeq = seqOf(row);
  byId('unread')?.remove();
  const [before, after] = t('New since {1}', '\n').split('\n');
  const since = make('span', { id: 'unread-since' }, before, row.querySelector('time').cloneNode(true), after);
  row.before(make('p', { id: 'unread', className: 'new', role: 'separator', 'aria-labelledby': since.id }, since));
  watchLine();
}

/** Once the line has been seen, the link to it is hidden. */
function watchLine() {
  const [line, jump] = [byId('unread'), byId('jump')];
  if (!line || !jump || jump.parentElement.hidden) return;
  new IntersectionObserver((entries, watcher) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    jump.parentElement.hidden = true;
    watcher.disconnect();
  }).observe(line);
}

// --- the line is drawn before messages that arrive while the tab is hidden ---

let away = null; // seq of the last row when the tab was hidden; Infinity once the line is drawn
let awayTimer = 0;

/** Called with rows added by the stream or by a post of the viewer. */
export function onAdded(added) {
  const isMissed = (row) => row.matches('article') && seqOf(row) > away && row.dataset.author !== viewer;
  const missed = away === null ? [] : added.filter(isMissed);
  if (missed.length > 0) {
    drawLine(missed.reduce((first, row) => (seqOf(row) < seqOf(first) ? row : first)));
    away = document.hidden ? Number.POSITIVE_INFINITY : null;
  }
  look();
}

function onVisibility() {
  clearTimeout(awayTimer);
  if (document.hidden) away ??= lastSeq();
  else if (away === Number.POSITIVE_INFINITY) away = null;
  else
    awayTimer = setTimeout(() => {
      away = null; // the stream has caught up
    }, CATCH_UP_MS);
  look();
}

// --- when the newest message has been visible for 1 s, all messages are marked as read ---

/** Where the read mark is moved: of the group, or of the thread whose page this is; '' on pages that move none. */
const readUrl = base ? `${base}/read` : list?.dataset.thread ? `${location.pathname}/read` : '';
let markTimer = 0;
let marked = 0;
let isKept = false; // "Mark unread from here" applies until the page is reloaded
let isLooking = false;

/** Checks whether the newest message is visible: once per animation frame, or at once in a hidden tab, which has none. */
export function look() {
  if (document.hidden) return lookNow();
  if (isLooking) return;
  isLooking = true;
  requestAnimationFrame(() => {
    isLooking = false;
    lookNow();
  });
}

function lookNow() {
  if (!readUrl) return;
  const seq = lastSeq();
  const isSeen = !document.hidden && !isKept && !isPast() && seq > marked && isInView(rows().at(-1));
  if (!isSeen) clearTimeout(markTimer);
  if (!isSeen) markTimer = 0;
  if (isSeen && markTimer === 0) markTimer = setTimeout(() => void mark(seq), SEEN_MS);
}

async function mark(seq) {
  marked = seq;
  markTimer = 0;
  await postRead({ seq }).catch(() => {});
  look();
}

const postRead = (fields) => ask(readUrl, { method: 'POST', body: new URLSearchParams(fields) });

async function markUnread(form) {
  isKept = true;
  look();
  const row = form.closest('article');
  const answer = await postRead({ seq: form.elements.seq.value, unread: '1' }).catch(() => ({ ok: false }));
  if (!answer.ok) return announce(t('Marking as unread failed. Try again.'));
  drawLine(byId(row.id));
  announce(t('Marked as unread from here, until you come back to this group.'));
}

// biome-ignore lint/suspicious/noDocumentCookie: cookieStore exists on secure pages only
document.cookie = 'script=1; path=/; max-age=31536000; SameSite=Lax'; // the server leaves the read mark to this script

if (readUrl && !base) {
  document.addEventListener('visibilitychange', look);
  look();
}
if (base) {
  unreadSeq = firstUnread();
  if (!list.hasAttribute('data-unread')) marked = lastSeq();
  watchLine();
  document.addEventListener('visibilitychange', onVisibility);
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('form.mark')) return;
    event.preventDefault();
    void markUnread(event.target);
  });
  if (document.hidden) onVisibility();
  look();
}
