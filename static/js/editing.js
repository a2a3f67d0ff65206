// Starts replies and edits: Reply quotes a message in the field, arrow-up opens the viewer's last message for editing.
import { complain, field, t, viewer } from './dom.js';
import { closeMenu, startEdit } from './menu.js';

const hasModifier = ({ ctrlKey, metaKey, shiftKey, altKey }) => ctrlKey || metaKey || shiftKey || altKey;

// --- reply: the quotation is inserted after the text of the field ---

async function onReply(event) {
  const link = event.target.closest?.('a.reply');
  if (!link || event.defaultPrevented || hasModifier(event)) return;
  event.preventDefault();
  const url = link.closest('.msg').querySelector('a.acts').href;
  closeMenu();
  const answer = await fetch(`${url}/quote`).catch(() => ({ ok: false }));
  if (!answer.ok) return complain(t('The server did not answer. Try again.'));
  const [typed, quote] = [field.value.trimEnd(), await answer.text()];
  field.value = typed === '' ? quote : `${typed}\n\n${quote}`;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.scrollTop = field.scrollHeight;
}

// --- arrow-up in the empty field: edit the viewer's last message; the focus returns afterwards ---

let edited = null;

function onArrowUp(event) {
  if (event.key !== 'ArrowUp' || field.value !== '' || hasModifier(event) || event.isComposing || event.defaultPrevented) return;
  const last = [...document.querySelectorAll(`#messages > .msg[data-author="${viewer}"]:not(.gone)`)].at(-1);
  if (!last?.querySelector('a.acts')) return;
  event.preventDefault();
  edited = last.id;
  startEdit(last);
}

function onRow({ detail: row }) {
  if (row.id !== edited || row.querySelector('form.edit')) return;
  edited = null;
  field.focus();
}

if (field) {
  document.addEventListener('click', (event) => void onReply(event));
  field.addEventListener('keydown', onArrowUp);
  document.addEventListener('parley:row', onRow);
}
