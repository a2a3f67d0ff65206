// Rows in the list: each id once, in order of seq, and never replaced by an older revision. Other elements that the stream sends (the list of members,
// who is typing) replace the one with their id.
import { byId, list, seqOf } from './dom.js';
import { foldCode, keepUnfolded } from './folding.js';
import { carryTools } from './menu.js';
import { startOf } from './replying.js';
import { expireUndo } from './undo.js';

const revOf = (row) => Number(row.dataset.rev ?? 0);

/** Inserts a row or replaces its older revision. Returns whether it did. */
export function put(row, fromStream) {
  if (/^t-\d+$/.test(row.id)) return putThread(row);
  if (/^[de]-/.test(row.id)) return putBelow(row);
  if (fromStream) countPins(row.dataset.follow);
  const present = row.id ? byId(row.id) : null;
  if (present) return replace(present, row, fromStream);
  if (!/^[mf]-\d+$/.test(row.id) || row.hasAttribute('data-follow')) return false; // a change to a message that is not on this page
  for (const line of row.querySelectorAll('.line[id]')) byId(line.id)?.remove(); // was a row of its own, and is now part of a fold
  insertInOrder(row);
  foldCode(row);
  expireUndo(row);
  return true;
}

/** The link to a thread, which the row of its root shows. */
function putThread(link) {
  const root = byId(link.id.replace('t', 'm'));
  const present = byId(link.id);
  if (!root || (present && revOf(link) < revOf(present))) return false;
  present?.remove();
  root.append(link);
  return true;
}

/** What is being written (d-) and what only the reader sees (e-) stand below the messages, until their end: an element that is hidden. */
function putBelow(row) {
  const present = byId(row.id);
  if (row.hidden) present?.remove();
  else if (present) present.replaceWith(row);
  else byId(row.id[0] === 'd' ? 'drafts' : 'ephemerals')?.append(row);
  return row.id[0] === 'e' && row.isConnected; // it has a form
}

/** What rows show of a message that they answer follows it when it is edited or erased. */
function updateAnswers(row) {
  const answers = list.querySelectorAll(`.answers[data-of="${seqOf(row)}"] span`);
  const text = answers.length === 0 ? '' : startOf(row);
  for (const answer of answers) answer.textContent = text;
}

function replace(present, row, fromStream) {
  if (revOf(row) < revOf(present)) return false;
  if (fromStream && present.querySelector('form.edit')) return false; // Save and Cancel bring the newest revision
  if (present.hasAttribute('data-cont')) row.setAttribute('data-cont', ''); // a change does not know the message before
  keepUnfolded(present, row);
  const focus = focusIn(present);
  const carry = carryTools(present);
  present.replaceWith(row);
  foldCode(row);
  expireUndo(row);
  if (!carry(row) && focus) restoreFocus(row, focus);
  updateAnswers(row);
  document.dispatchEvent(new CustomEvent('parley:row', { detail: row }));
  return true;
}

/** Updates the number of pins. The stream sends each pin and unpin once. */
function countPins(kind) {
  const link = byId('pins');
  if (!link || (kind !== 'pin' && kind !== 'unpin')) return;
  const count = link.querySelector('b');
  count.textContent = Math.max(0, Number(count.textContent) + (kind === 'pin' ? 1 : -1));
  link.hidden = count.textContent === '0';
}

function insertInOrder(row) {
  let next = null; // most rows are the newest: search from the end
  for (let child = list.lastElementChild; child; child = child.previousElementSibling) {
    if (seqOf(child) < seqOf(row)) break;
    if (seqOf(child) > seqOf(row)) next = child; // false for headings, whose seq is NaN
  }
  list.insertBefore(row, next);
}

/** Identifies a control across revisions of its row. Adding and removing a reaction are two buttons, of which one is visible. */
const purposeOf = ({ name, value, form, className }) =>
  name === 'on' ? `${form.action} ${form.elements.emoji?.value}` : `${name} ${value} ${className}`;

function focusIn(row) {
  const { activeElement } = document;
  if (!row.contains(activeElement)) return null;
  return { purpose: activeElement.matches('button[name], a.acts') ? purposeOf(activeElement) : null };
}

function restoreFocus(row, { purpose }) {
  const controls = [...row.querySelectorAll('button[name], a.acts')];
  const twin = controls.find((control) => purposeOf(control) === purpose && control.checkVisibility());
  (twin || row).focus({ preventScroll: true });
}
