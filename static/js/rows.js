// Rows in the list: each id once, in order of seq, and never replaced by an older revision. Other elements that the stream sends (the list of members,
// who is typing) replace the one with their id.
import { byId, list, seqOf } from './dom.js';

const revOf = (row) => Number(row.dataset.rev ?? 0);

/** Inserts a row or replaces its older revision. Returns whether it did. */
export function put(row, fromStream) {
  if (fromStream) countPins(row.dataset.follow);
  const present = row.id ? byId(row.id) : null;
  if (present) return replace(present, row, fromStream);
  if (!/^[mf]-\d+$/.test(row.id) || row.hasAttribute('data-follow')) return false; // a change to a message that is not on this page
  for (const line of row.querySelectorAll('.line[id]')) byId(line.id)?.remove(); // was a row of its own, and is now part of a fold
  insertInOrder(row);
  return true;
}

function replace(present, row, fromStream) {
  if (revOf(row) < revOf(present)) return false;
  if (fromStream && present.querySelector('form.edit')) return false; // Save and Cancel bring the newest revision
  const focus = focusIn(present);
  present.replaceWith(row);
  if (focus) restoreFocus(row, focus);
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

/** Identifies a button across revisions of its row. Adding and removing a reaction are two buttons, of which one is visible. */
const purposeOf = ({ name, value, form }) => (name === 'on' ? `${form.action} ${form.elements.emoji?.value}` : `${name} ${value}`);

function focusIn(row) {
  const { activeElement } = document;
  if (!row.contains(activeElement)) return null;
  const purpose = activeElement.matches('button[name]') ? purposeOf(activeElement) : null;
  const typed = activeElement.closest('.other')?.elements.emoji.value;
  return { purpose, typed, open: row.querySelector('details.acts')?.open };
}

function restoreFocus(row, { purpose, typed, open }) {
  const details = row.querySelector('details.acts');
  if (details && open) details.open = true;
  const twin = [...row.querySelectorAll('button[name]')].find((button) => purposeOf(button) === purpose && button.checkVisibility());
  const other = typed ? row.querySelector('.other input') : null; // with unsent text
  if (other) other.value = typed;
  (other || twin || row).focus({ preventScroll: true });
}
