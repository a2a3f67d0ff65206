// Chooses an emoji, by name or with the arrow keys. Those used last are first. The table is the one of the completion after `:`.
import { announce, ask, attempt, make, site, t } from './dom.js';

const MAX_RECENT = 16;
const MAX_FOUND = 80;
const RECENT = 'emoji:recent';
/** The first of each part of the table, which is in the order of Unicode. */
const PARTS = {
  grinning: t('Faces'),
  wave: t('People'),
  monkey_face: t('Nature'),
  grapes: t('Food'),
  earth_africa: t('Places'),
  jack_o_lantern: t('Activities'),
  eyeglasses: t('Objects'),
  atm: t('Symbols'),
  checkered_flag: t('Flags'),
};

let table = null; // promise of [[name, emoji]]
let dialog = null;
let choose = null;

const load = () => {
  table ??= ask(`${site}/emoji`)
    .then((answer) => answer.json())
    .then((all) => Object.entries(all));
  return table;
};

const recent = () => attempt(() => JSON.parse(localStorage.getItem(RECENT))) ?? [];

function use(name, emoji) {
  const rest = recent().filter(([one]) => one !== name);
  attempt(() => localStorage.setItem(RECENT, JSON.stringify([[name, emoji], ...rest].slice(0, MAX_RECENT))));
  const act = choose;
  dialog.close();
  act(emoji);
}

/** Each emoji once, by the first of its names. */
const unique = (all) => all.filter(([, emoji], index) => all.findIndex(([, one]) => one === emoji) === index);
const shown = (name) => name.replaceAll('_', ' ');

function section(title, emoji) {
  const buttons = emoji.map(([name, character]) =>
    make('button', { type: 'button', tabIndex: -1, title: shown(name), ariaLabel: shown(name), value: name, textContent: character }),
  );
  return make('section', { 'aria-label': title }, make('h3', { textContent: title }), make('div', {}, ...buttons));
}

/** The parts of the table; what comes before the first of them are digits and letters. */
function parts(all) {
  const found = [];
  for (const one of all) {
    if (PARTS[one[0]]) found.push([PARTS[one[0]], []]);
    found.at(-1)?.[1].push(one);
  }
  return found.map(([title, some]) => [title, unique(some)]);
}

function matching(all, words) {
  const fits = ([name]) =>
    words.every(
      (word) =>
        shown(name)
          .split(' ')
          .some((part) => part.startsWith(word)) || name.includes(word),
    );
  const begins = ([name]) => name.startsWith(words[0]);
  const found = all.filter(fits);
  return unique([...found.filter(begins), ...found.filter((one) => !begins(one))]).slice(0, MAX_FOUND);
}

async function show() {
  const field = dialog.querySelector('input');
  const all = await load();
  if (!dialog) return;
  const words = field.value
    .toLowerCase()
    .split(/[\s_:]+/)
    .filter(Boolean);
  const found = words.length > 0 && matching(all, words);
  const sections = found ? [[t('Found'), found]] : [...(recent().length > 0 ? [[t('Recent'), recent()]] : []), ...parts(all)];
  dialog.querySelector('.grid').replaceChildren(...sections.map((one) => section(...one)));
  if (found && found.length === 0) dialog.querySelector('.grid').replaceChildren(make('p', { textContent: t('No emoji has this name.') }));
  const first = buttons()[0];
  if (first) first.tabIndex = 0;
}

const buttons = () => [...dialog.querySelectorAll('.grid button')];

/** Rows are found by where the buttons are: how many fit depends on the width. */
function above(all, at, step) {
  const { top, left } = all[at].getBoundingClientRect();
  for (let to = at + step; all[to]; to += step) {
    const place = all[to].getBoundingClientRect();
    if (Math.abs(place.top - top) < 4) continue;
    const line = all.filter((one) => Math.abs(one.getBoundingClientRect().top - place.top) < 4);
    return line.reduce((best, one) =>
      Math.abs(one.getBoundingClientRect().left - left) < Math.abs(best.getBoundingClientRect().left - left) ? one : best,
    );
  }
  return null;
}

function onKey(event) {
  const all = buttons();
  const at = all.indexOf(document.activeElement);
  const isField = at === -1;
  if (event.key === 'Enter' && isField && all[0]) {
    event.preventDefault();
    return all[0].click();
  }
  const to = {
    ArrowDown: () => (isField ? all[0] : above(all, at, 1)),
    ArrowUp: () => (isField ? null : (above(all, at, -1) ?? dialog.querySelector('input'))),
    ArrowRight: () => (isField ? null : all[at + 1]),
    ArrowLeft: () => (isField ? null : all[at - 1]),
  }[event.key]?.();
  if (!to) return;
  event.preventDefault();
  to.focus();
}

function create() {
  const field = make('input', { type: 'search', placeholder: t('Search emoji'), autocomplete: 'off', ariaLabel: t('Search emoji') });
  dialog = make('dialog', { className: 'emoji-picker', ariaLabel: t('Emoji') }, field, make('div', { className: 'grid' }));
  field.addEventListener('input', () => void show());
  dialog.addEventListener('keydown', onKey);
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
    if (target.matches('.grid button')) use(target.value, target.textContent);
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    dialog = null;
  });
  document.body.append(dialog);
}

document.addEventListener('parley:emoji', ({ detail }) => {
  if (dialog) return;
  choose = detail;
  create();
  dialog.showModal();
  show().catch(() => {
    table = null;
    dialog?.close();
    announce(t('The server did not answer. Try again.'), true);
  });
});
