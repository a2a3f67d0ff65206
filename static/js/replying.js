// The line above the field that says which message the next one answers. Its hidden field is sent with the form.
import { byId, field } from './dom.js';

const chip = byId('replying');
const input = chip?.querySelector('input');

/** What the next message answers: {seq, name, text}; null when it answers none. */
export const answered = () =>
  input && !input.disabled
    ? { seq: input.value, name: chip.querySelector('b').textContent, text: chip.querySelector('span span').textContent }
    : null;

export function answer(target) {
  if (!chip) return;
  input.disabled = !target;
  byId('replying-root')?.toggleAttribute('disabled', Boolean(target)); // of the page of a thread, where messages answer its root otherwise
  input.value = target?.seq ?? '';
  chip.querySelector('b').textContent = target?.name ?? '';
  chip.querySelector('span span').textContent = target?.text ?? '';
  chip.hidden = !target;
}

/** Characters of an answered message that are shown, as in lib/messages/threads/related.ts. */
const SHOWN_CHARACTERS = 120;

/** The start of the text of a row, in one line. */
export function startOf(row) {
  const characters = [...row.querySelector('.body').textContent.replace(/\s+/g, ' ').trim()];
  const isLong = characters.length > SHOWN_CHARACTERS;
  return isLong ? `${characters.slice(0, SHOWN_CHARACTERS).join('').trimEnd()} …` : characters.join('');
}

/** Answers the message of a row. */
export function answerRow(row) {
  const name = row.querySelector('.who').lastChild.textContent.trim();
  answer({ seq: row.id.slice(2), name, text: startOf(row) });
  field.focus();
}

function onClick(event) {
  if (!event.target.closest('#replying a')) return;
  event.preventDefault();
  answer(null);
  field.focus();
}

/** Escape in the field; a list of completions that is open closes first. */
function onKey(event) {
  if (event.key !== 'Escape' || event.defaultPrevented || !answered() || field.hasAttribute('aria-activedescendant')) return;
  event.preventDefault();
  answer(null);
}

if (chip) {
  chip.addEventListener('click', onClick);
  field.addEventListener('keydown', onKey);
}
