// Names after @ and emoji after : are offered while one types. By arrows, Enter or Tab, by mouse or touch; Escape puts the list away.
(() => {
  const MOST = 8;
  const MOST_ON_PAGE = 200; // of more members the server is asked
  const LIST = 'complete';
  const isField = (element) => element?.matches('textarea[name="body"]') ?? false;

  let field = null;
  let offered = []; // [{text, label, detail, color}]
  let at = 0; // which one is marked
  let written = ''; // the word as it stands, its mark before it
  let from = -1; // where the word begins that it would replace
  let done = -1; // where a word begins that is not to be completed again
  let turn = 0;

  // --- what is being written before the caret ---

  function wordAt(textarea) {
    if (textarea.selectionStart !== textarea.selectionEnd) return null;
    const before = textarea.value.slice(0, textarea.selectionStart);
    const name = /(?:^|[^\p{L}\p{N}_])@([^@\n]{0,32})$/u.exec(before);
    if (name) return { kind: 'name', typed: name[1].toLowerCase(), from: before.length - name[1].length - 1 };
    const code = /(?:^|[^\w:/]):([a-z0-9_+-]{2,40})$/.exec(before);
    return code ? { kind: 'emoji', typed: code[1], from: before.length - code[1].length - 1 } : null;
  }

  // --- who and what there is ---

  const startsAWord = (name, typed) => name.startsWith(typed) || name.split(/[\s._-]+/).some((part) => part.startsWith(typed));

  async function namesFor(typed) {
    const items = [...document.querySelectorAll('#members > li[data-user]')];
    const found =
      items.length > MOST_ON_PAGE
        ? await fromServer(typed)
        : items.map((item) => ({ id: item.dataset.user, name: item.querySelector('.who').textContent, color: item.className }));
    const people = found
      .filter(({ id, name }) => id !== document.body.dataset.viewer && startsAWord(name.toLowerCase(), typed))
      .map(({ name, color }) => ({ text: `@${name} `, label: name, color }));
    const all = typed !== '' && !'all'.startsWith(typed) ? [] : [{ text: '@all ', label: 'all', detail: 'everybody here' }];
    const isExact = ({ label }) => label.toLowerCase() === typed;
    const offers = [...people.filter(isExact), ...people.filter((one) => !isExact(one))].slice(0, MOST - all.length);
    if (items.length <= 2) return offers;
    return all.some(isExact) ? [...all, ...offers] : [...offers, ...all];
  }

  async function fromServer(typed) {
    const path = field.form.action.replace(/\/messages(\/.*)?$/, '/members');
    const answer = await fetch(`${path}?q=${encodeURIComponent(typed)}`, { headers: { Accept: 'application/json' } });
    const members = answer.ok ? await answer.json() : [];
    return members.map(({ id, name, color }) => ({ id, name, color: `c-${color}` }));
  }

  let table = null;

  async function emojiFor(typed) {
    table ??= fetch('/emoji', { headers: { Accept: 'application/json' } }).then((answer) => answer.json());
    const all = Object.entries(await table);
    const begins = all.filter(([name]) => name.startsWith(typed));
    const within = all.filter(([name]) => !name.startsWith(typed) && name.includes(typed));
    return [...begins, ...within].slice(0, MOST).map(([name, emoji]) => ({ text: `${emoji} `, label: `${emoji} :${name}:` }));
  }

  // --- the list ---

  async function look(textarea) {
    turn += 1;
    const mine = turn;
    const word = wordAt(textarea);
    if (!word || word.from === done) return close();
    done = -1;
    field = textarea;
    const found = await (word.kind === 'name' ? namesFor(word.typed) : emojiFor(word.typed)).catch(() => []);
    if (mine !== turn) return; // something else was typed meanwhile
    if (found.length === 0) return close();
    offered = found;
    from = word.from;
    written = textarea.value.slice(from, textarea.selectionStart);
    at = 0;
    show(word.kind);
  }

  function show(kind) {
    const list = document.getElementById(LIST) ?? document.createElement('ul');
    list.id = LIST;
    list.className = 'complete';
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', kind === 'name' ? 'People to name' : 'Emoji');
    list.replaceChildren(...offered.map(option));
    field.form.append(list);
    field.setAttribute('aria-controls', LIST);
    field.setAttribute('aria-autocomplete', 'list');
    mark();
  }

  function option({ label, detail, color = '' }, index) {
    const item = document.createElement('li');
    item.id = `${LIST}-${index}`;
    item.className = color;
    item.setAttribute('role', 'option');
    item.append(label);
    if (detail) {
      const small = document.createElement('small');
      small.textContent = ` ${detail}`;
      item.append(small);
    }
    item.addEventListener('pointerdown', (event) => event.preventDefault()); // the field keeps the focus
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
    document.getElementById(LIST)?.remove();
    for (const name of ['aria-controls', 'aria-activedescendant']) field?.removeAttribute(name);
    offered = [];
  }

  function choose(index) {
    const { text } = offered[index];
    const textarea = field;
    done = from;
    textarea.setRangeText(text, from, textarea.selectionStart, 'end');
    close();
    textarea.focus();
    textarea.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** What is marked stands there in full: there is nothing to complete, and Enter is free to send. */
  const isWhole = () => offered[at].text.trim().toLowerCase() === written.trim().toLowerCase();

  // Before anything else hears of the key: Enter would send, Escape would cancel an edit.
  function onKey(event) {
    if (offered.length === 0 || event.target !== field || event.isComposing) return;
    if (event.key === 'Enter' && isWhole()) return close();
    const act = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: () => choose(at),
      Tab: () => choose(at),
      Escape: () => {
        done = from;
        close();
      },
    }[event.key];
    if (!act || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  }

  function step(by) {
    at = (at + by + offered.length) % offered.length;
    mark();
  }

  document.addEventListener('input', ({ target }) => isField(target) && void look(target));
  document.addEventListener('keydown', onKey, true);
  document.addEventListener('focusout', ({ target }) => target === field && close());
  document.addEventListener('htmx:config:request', close);
})();
