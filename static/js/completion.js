// Suggests names after @, emoji after :, and commands after / at the beginning, while typing. Arrow keys with Enter or Tab, mouse or touch select one; Escape closes the list.
import { ask, byId, field as composerField, make, site, t, viewer } from './dom.js';
import { startsAWord } from './word-start.js';

const MAX_OFFERS = 8;
const MAX_ON_PAGE = 200; // with more members, the server is queried
const LIST = 'complete';
const isField = (element) => element?.matches('textarea[name="body"]') ?? false;

let field = null;
let offers = []; // [{text, label, detail, color}]
let at = 0; // index of the marked suggestion
let written = ''; // the word as typed, with its @ or :
let from = -1; // where that word begins
let done = -1; // where a word begins that was completed or dismissed
let turn = 0;

/** The word before the caret: {kind, typed, from}, or null. */
function wordAt(textarea) {
  if (textarea.selectionStart !== textarea.selectionEnd) return null;
  const before = textarea.value.slice(0, textarea.selectionStart);
  const command = /^\/([a-z-]{0,32})$/i.exec(before);
  if (command && textarea === composerField) return { kind: 'command', typed: command[1].toLowerCase(), from: 0 };
  const name = /(?:^|[^\p{L}\p{N}_])@([^@\n]{0,32})$/u.exec(before);
  if (name) return { kind: 'name', typed: name[1].toLowerCase(), from: before.length - name[1].length - 1 };
  const code = /(?:^|[^\w:/]):([a-z0-9_+-]{2,40})$/.exec(before);
  return code ? { kind: 'emoji', typed: code[1], from: before.length - code[1].length - 1 } : null;
}

// --- suggestions ---

async function namesFor(typed) {
  const items = [...document.querySelectorAll('#members > li[data-user]')];
  const onPage = () =>
    items.map((item) => ({
      id: item.dataset.user,
      name: item.dataset.name,
      shown: item.querySelector('.who').textContent,
      color: item.className,
    }));
  const people = (items.length > MAX_ON_PAGE ? await askServer(typed) : onPage())
    .filter(({ id, name, shown }) => id !== viewer && [name, shown].some((one) => startsAWord(one, typed)))
    .map(({ name, shown, color }) => ({ text: `@${name} `, label: name, ...(shown === name ? {} : { detail: shown }), color }));
  const all = typed !== '' && !'all'.startsWith(typed) ? [] : [{ text: '@all ', label: 'all', detail: t('everybody here') }];
  const isExact = ({ label }) => label.toLowerCase() === typed;
  const found = [...people.filter(isExact), ...people.filter((one) => !isExact(one))].slice(0, MAX_OFFERS - all.length);
  if (items.length <= 2) return found;
  return all.some(isExact) ? [...all, ...found] : [...found, ...all];
}

async function askServer(typed) {
  const path = field.form.action.replace(/\/messages(\/.*)?$/, '/members');
  const answer = await ask(`${path}?q=${encodeURIComponent(typed)}`);
  const members = answer.ok ? await answer.json() : [];
  return members.map(({ id, name, display_name: shown, color }) => ({ id, name, shown, color: `c-${color}` }));
}

let table = null;

async function emojiFor(typed) {
  table ??= ask(`${site}/emoji`).then((answer) => answer.json());
  const all = Object.entries(await table);
  const begins = all.filter(([name]) => name.startsWith(typed));
  const within = all.filter(([name]) => !name.startsWith(typed) && name.includes(typed));
  return [...begins, ...within].slice(0, MAX_OFFERS).map(([name, emoji]) => ({ text: `${emoji} `, label: `${emoji} :${name}:` }));
}

let commands = null;

async function commandsFor(typed) {
  commands ??= ask(field.form.action.replace(/\/messages$/, '/commands')).then((answer) => answer.json());
  return (await commands)
    .filter(({ name }) => name.startsWith(typed))
    .map(({ name, hint, help }) => ({ text: `/${name} `, label: `/${name}`, detail: [hint, help].filter(Boolean).join(' – ') }));
}

const FINDERS = { name: namesFor, emoji: emojiFor, command: commandsFor };

// --- the list ---

async function offer(textarea) {
  turn += 1;
  const mine = turn;
  const word = wordAt(textarea);
  if (!word || word.from === done) return close();
  done = -1;
  field = textarea;
  const found = await FINDERS[word.kind](word.typed).catch(() => []);
  if (mine !== turn) return; // outdated: typing went on meanwhile
  if (found.length === 0) return close();
  offers = found;
  from = word.from;
  written = textarea.value.slice(from, textarea.selectionStart);
  at = 0;
  show(word.kind);
}

const LABELS = { name: t('People to mention'), emoji: t('Emoji'), command: t('Commands') };

function show(kind) {
  const list = byId(LIST) ?? make('ul', { id: LIST, className: 'complete', role: 'listbox' });
  list.setAttribute('aria-label', LABELS[kind]);
  list.replaceChildren(...offers.map(option));
  field.form.append(list);
  field.setAttribute('aria-controls', LIST);
  field.setAttribute('aria-autocomplete', 'list');
  mark();
}

function option({ label, detail, color = '' }, index) {
  const item = make('li', { id: `${LIST}-${index}`, className: color, role: 'option' }, label);
  if (detail) item.append(make('small', { textContent: ` ${detail}` }));
  item.addEventListener('pointerdown', (event) => event.preventDefault()); // keep the focus in the field
  item.addEventListener('click', () => choose(index));
  return item;
}

function mark() {
  const items = document.querySelectorAll(`#${LIST} > li`);
  for (const [index, item] of items.entries()) item.setAttribute('aria-selected', String(index === at));
  items[at]?.scrollIntoView({ block: 'nearest' });
  field.setAttribute('aria-activedescendant', `${LIST}-${at}`);
}

function close() {
  turn += 1;
  byId(LIST)?.remove();
  for (const name of ['aria-controls', 'aria-activedescendant']) field?.removeAttribute(name);
  offers = [];
}

function choose(index) {
  const { text } = offers[index];
  const textarea = field;
  done = from;
  textarea.setRangeText(text, from, textarea.selectionStart, 'end');
  close();
  textarea.focus();
  textarea.dispatchEvent(new Event('input', { bubbles: true }));
}

/** Whether the marked suggestion is already typed in full: then Enter sends. */
const isWhole = () => offers[at].text.trim().toLowerCase() === written.trim().toLowerCase();

function step(by) {
  at = (at + by + offers.length) % offers.length;
  mark();
}

function dismiss() {
  done = from;
  close();
}

const KEYS = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Enter: () => choose(at), Tab: () => choose(at), Escape: dismiss };

// In the capture phase: Enter would send, Escape would cancel an edit.
function onKey(event) {
  if (offers.length === 0 || event.target !== field || event.isComposing) return;
  if (event.key === 'Enter' && isWhole()) return close();
  const act = KEYS[event.key];
  if (!act || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  act();
}

document.addEventListener('input', ({ target }) => isField(target) && void offer(target));
document.addEventListener('keydown', onKey, true);
document.addEventListener('focusout', ({ target }) => target === field && close());
document.addEventListener('submit', close, true);
