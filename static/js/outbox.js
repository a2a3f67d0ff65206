// Messages on their way: each is shown at once, dimmed, below the conversation, until the server has it. One that failed says so and can be sent again
// with its key, so that it is posted once. Their texts are stored in this browser until then: a page that is left sends the rest when it is back.
import { attempt, byId, field, list, make, t, tab, viewer } from './dom.js';

/** Of another tab: longer than a request takes. */
const ABANDONED_MS = 60_000;
/** Later, the person decides whether it is still to be sent. */
const RESENT_MS = 600_000;

const where = list && field && viewer ? `draft:${viewer}:${new URL(field.form.action).pathname}` : null;
let waiting = []; // {key, text, replyTo (seq or ''), answered (null | {seq, name, text}), at, tab, isFailed, body (FormData), row}

const stored = () => attempt(() => JSON.parse(localStorage.getItem(where))) ?? [];
const save = (all) => attempt(() => (all.length === 0 ? localStorage.removeItem(where) : localStorage.setItem(where, JSON.stringify(all))));

/** Files are not stored: their message is a draft after a reload. */
function store() {
  const mine = waiting.map(({ key, text, replyTo, answered, at, isFailed, waits, why, files }) => ({
    ...{ key, text, replyTo, answered, at, tab, isFailed, waits, why },
    hasFiles: files.length > 0,
  }));
  const others = stored().filter((one) => one.tab !== tab && !mine.some(({ key }) => key === one.key));
  save([...others, ...mine]);
}

const find = (key) => waiting.find((one) => one.key === key);

function remove(entry) {
  waiting = waiting.filter((one) => one !== entry);
  entry.row.remove();
  store();
}

// --- what is shown ---

const place = () => byId('outbox') ?? list.parentElement.insertBefore(make('div', { id: 'outbox', className: 'outbox' }), list.nextSibling);

function rowOf({ text, answered, files }) {
  const author = document.querySelector(`#members > [data-user="${viewer}"]`)?.className ?? '';
  const names = files.map(({ name }) => make('span', { className: 'chip' }, make('span', { className: 'i i-file' }), name));
  const body = make('div', { className: 'body', dir: 'auto' }, text.trimEnd());
  if (names.length > 0) body.append(make('div', { className: text ? 'files under' : 'files' }, ...names));
  const above = answered ? [make('span', { className: 'answers' }, make('b', {}, answered.name), ` ${answered.text}`)] : [];
  const row = make('div', { className: `msg pending ${author}` }, ...above, body, make('div', { className: 'note', role: 'status' }));
  row.dataset.author = viewer;
  return row;
}

/** A page that is shown without the network, or one that has lost it. */
const isOffline = () => !navigator.onLine || document.documentElement.hasAttribute('data-kept');

const stateOf = ({ why, waits }) => (why ? t('Not sent: {1}', why) : waits ? t('Waits for the network.') : t('Not sent.'));

const ACTS = { retry: t('Retry'), edit: t('Edit'), discard: t('Discard') };

function showFailure(entry, acts) {
  const buttons = Object.entries(acts).map(([name, act]) => {
    const button = make('button', { type: 'button', className: 'quiet', textContent: ACTS[name] });
    button.addEventListener('click', () => act(entry));
    return button;
  });
  entry.row.hidden = false;
  entry.row.toggleAttribute('data-failed', !entry.waits);
  entry.row.toggleAttribute('data-waits', entry.waits);
  entry.row.querySelector('.note').replaceChildren(stateOf(entry), ...buttons);
}

// --- called by the composer ---

/** A message is being sent; or again, when its key is known. `answered`: what it answers, for its row. */
export function underway(body, files, answered) {
  const key = body.get('key');
  const known = find(key);
  const entry = known ?? { key, text: body.get('body') ?? '', replyTo: body.get('reply_to') ?? '', answered, at: Date.now(), body, files };
  if (!known) waiting.push(entry);
  if (!known) entry.row = rowOf(entry);
  Object.assign(entry, { isFailed: false, waits: false, why: undefined });
  for (const name of ['data-failed', 'data-waits']) entry.row.removeAttribute(name);
  entry.row.querySelector('.note').replaceChildren();
  place().append(entry.row);
  store();
}

/** The server has it, or the field has it again. */
export function settle(key) {
  const entry = find(key);
  if (entry && !entry.isFailed && !isLeaving) remove(entry);
}

/** `acts`: what a person can do with it, by the keys of ACTS. `why`: the reason of the server, if it has refused the message. */
export function fail(key, acts, why) {
  const entry = find(key);
  if (!entry || isLeaving) return;
  Object.assign(entry, { isFailed: true, why, waits: !why && isOffline() });
  const { retry, ...others } = acts;
  showFailure(entry, { ...(entry.waits ? others : { retry, ...others }), discard: remove });
  store();
}

let isLeaving = false; // the browser stops requests of a page that is being left: the next page sends them
for (const name of ['beforeunload', 'pagehide', 'pageshow'])
  addEventListener(name, () => {
    isLeaving = name !== 'pageshow';
    if (name === 'beforeunload')
      setTimeout(() => {
        isLeaving = false; // leaving was refused
      }, 2000);
  });

/** The bodies of those that wait for the network. */
export const waitingForNetwork = () => waiting.filter(({ waits }) => waits).map(({ body }) => body);

/** What the message with this key answers. */
export const answeredBy = (key) => find(key)?.answered;

/** Takes a message out of those that wait. */
export const takeBack = remove;

/** A row that the stream has brought: the first message on its way is this one, most often before its answer says so. */
export function onArrival(row) {
  if (row.dataset.author !== viewer) return;
  const first = waiting.find(({ isFailed, row: own }) => !isFailed && !own.hidden);
  if (first) first.row.hidden = true;
}

/** What an earlier page of this tab, or a closed one, has not seen through: calls back with each, and whether it is to be sent again. */
export function resume(act) {
  if (!where) return;
  const left = stored().filter((one) => one.tab === tab || Date.now() - one.at > ABANDONED_MS);
  save(stored().filter((one) => !left.some(({ key }) => key === one.key)));
  for (const one of left) act(one, one.waits || (!one.isFailed && Date.now() - one.at < RESENT_MS));
  store();
}
