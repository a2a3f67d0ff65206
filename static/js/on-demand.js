// Loads static/js/later.js when something in it is used for the first time, or on a page that it is for: it is not part of what every page loads.
import { announce, field, make, t, viewer } from './dom.js';

const { later: url } = document.currentScript.dataset;
let loading = null;

const load = () => {
  loading ??= new Promise((resolve, reject) => {
    document.head.append(make('script', { src: url, onload: resolve, onerror: reject }));
  });
  return loading;
};

/** Sends an event to that script. */
export async function later(name, detail) {
  try {
    await load();
    document.dispatchEvent(new CustomEvent(`parley:${name}`, { detail }));
  } catch {
    loading = null;
    announce(t('The server did not answer. Try again.'), true);
  }
}

const isPlain = ({ button, ctrlKey, metaKey, shiftKey, altKey }) => button === 0 && !(ctrlKey || metaKey || shiftKey || altKey);

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('.files a.image, .composer :is(.emoji, .later), a.go');
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  if (link.matches('.go')) void later('switch');
  else if (link.matches('.image')) void later('picture', link);
  else if (link.matches('.later')) void later('schedule', link);
  else void later('emoji', insert);
});

function onShortcut(event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (key !== 'k' || !(ctrlKey || metaKey) || altKey || shiftKey) return;
  event.preventDefault();
  void later('switch');
}

if (viewer) document.addEventListener('keydown', onShortcut);

function insert(emoji) {
  field.setRangeText(emoji, field.selectionStart, field.selectionEnd, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
}

if (document.querySelector('form[data-passkey], #notify-state, #share, #schedule, [data-copy]')) load().catch(() => {});
