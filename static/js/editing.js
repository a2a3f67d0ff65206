// Starts replies and edits: Reply answers a message, Quote quotes one in the field, arrow-up opens the viewer's last message for editing.
import { complain, field, t, viewer } from './dom.js';
import { closeMenu, startEdit } from './menu.js';
import { answerRow } from './replying.js';

const hasModifier = ({ ctrlKey, metaKey, shiftKey, altKey }) => ctrlKey || metaKey || shiftKey || altKey;

// --- reply, and quote: the quotation is inserted after the text of the field ---

function onReply(event) {
  const link = event.target.closest?.('a.reply, a.cite');
  if (!link || event.defaultPrevented || hasModifier(event)) return;
  event.preventDefault();
  const row = link.closest('.msg');
  closeMenu();
  if (link.matches('.reply')) answerRow(row);
  else void quote(row.querySelector('a.acts').href);
}

async function quote(url) {
  const answer = await fetch(`${url}/quote`).catch(() => ({ ok: false }));
  if (!answer.ok) return complain(t('The server did not answer. Try again.'));
  const [typed, text] = [field.value.trimEnd(), await answer.text()];
  field.value = typed === '' ? text : `${typed}\n\n${text}`;
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
  document.addEventListener('click', onReply);
  field.addEventListener('keydown', onArrowUp);
  document.addEventListener('parley:row', onRow);
}
