// Goes to a group or a person by name, with the keyboard alone (Ctrl+K, see on-demand.js). Without this script the link leads to the page /switch.
import { make, site, t } from './dom.js';

const WAIT_MS = 80;
let dialog = null;
let at = 0;
let timer = 0;
let turn = 0;

const items = () => [...dialog.querySelectorAll('li > a, li button')];

function mark() {
  for (const [index, item] of items().entries()) {
    item.id = `target-${index}`;
    item.parentElement.closest('li').toggleAttribute('data-at', index === at);
  }
  const field = dialog.querySelector('input');
  if (items()[at]) field.setAttribute('aria-activedescendant', `target-${at}`);
  else field.removeAttribute('aria-activedescendant');
  items()[at]?.scrollIntoView({ block: 'nearest' });
}

async function load() {
  turn += 1;
  const mine = turn;
  const q = dialog.querySelector('input').value;
  const answer = await fetch(`${site}/switch?q=${encodeURIComponent(q)}`, { headers: { 'HX-Request': 'true', Accept: 'text/html' } }).catch(
    () => ({ ok: false }),
  );
  if (mine !== turn) return; // outdated: typing went on meanwhile
  const found = answer.ok && new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('targets');
  dialog
    .querySelector('.targets')
    .replaceWith(found || make('p', { id: 'targets', className: 'targets', textContent: t('The server did not answer.') }));
  at = 0;
  mark();
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

function onKey(event) {
  if (event.isComposing) return;
  const all = items();
  if (event.key === 'Enter') {
    event.preventDefault();
    all[at]?.click();
  }
  if (!(event.key in STEPS) || all.length === 0) return;
  event.preventDefault();
  at = (at + STEPS[event.key] + all.length) % all.length;
  mark();
}

function create() {
  const field = make('input', {
    type: 'search',
    placeholder: t('Group or person'),
    autocomplete: 'off',
    role: 'combobox',
    'aria-label': t('Go to a group or a person'),
    'aria-controls': 'targets',
    'aria-expanded': 'true',
  });
  dialog = make(
    'dialog',
    { id: 'switcher', className: 'switcher', 'aria-label': t('Go to') },
    field,
    make('ul', { id: 'targets', className: 'targets' }),
  );
  field.addEventListener('keydown', onKey);
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void load(), WAIT_MS);
  });
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
}

function open() {
  if (dialog?.isConnected) return dialog.close();
  create();
  dialog.showModal();
  void load();
}

document.addEventListener('parley:switch', open);
