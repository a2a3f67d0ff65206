// Copy buttons: <button data-copy="ID"> copies the value, or the text, of the element with that id.
import { announce, byId, t } from './dom.js';

const SHOWN_MS = 2000;

/** For pages without HTTPS, where the clipboard has no other interface. */
function copySelected(source) {
  if (source.select) source.select();
  else getSelection().selectAllChildren(source);
  return document.execCommand('copy');
}

async function copy(source) {
  const isDone = await navigator.clipboard?.writeText(source.value ?? source.textContent).then(
    () => true,
    () => false,
  );
  return isDone || copySelected(source);
}

async function onClick({ target }) {
  const button = target.closest?.('button[data-copy]');
  if (!button) return;
  const isDone = await copy(byId(button.dataset.copy));
  announce(isDone ? t('Copied.') : t('Copying failed. The text is selected: copy it yourself.'));
  button.toggleAttribute('data-done', isDone);
  setTimeout(() => button.removeAttribute('data-done'), SHOWN_MS);
}

document.addEventListener('click', (event) => void onClick(event));
