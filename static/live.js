// What hyperscript cannot say: how rows of a log are put into a page, and what the page does with its stream.
(() => {
  const list = () => document.getElementById('messages');
  const seqOf = (element) => Number(element.id.slice(2));
  const revOf = (element) => Number(element.dataset.rev ?? 0);

  // --- the swap style `log`: rows are kept once by id, in order of seq, and never go back to an older rev ---

  let swapSource = null;

  htmx.registerExtension('log', {
    htmx_before_swap: (element) => {
      swapSource = element;
    },
    handle_swap: (style, target, fragment) => {
      if (style !== 'log') return false;
      return take(target, [...fragment.children], swapSource === list());
    },
  });

  /** Which of the rows that arrive are put in, and where one looks meanwhile, is for scroll.js to say. Those that went in. */
  function take(target, rows, fromStream) {
    return conversation.steady(() => {
      const added = rows.filter((row) => conversation.takes(row, fromStream) && put(target, row, fromStream));
      if (added.length > 0) afterRows(added);
      return added;
    });
  }

  /** Puts in rows that were fetched. */
  function insert(target, rows) {
    const added = rows.filter((row) => put(target, row, false));
    for (const row of added) localise(row);
    for (const row of added) htmx.process(row);
  }

  const conversation = { take, insert, breakDays, takes: () => true, steady: (change) => change(), onRows: () => {} };
  globalThis.conversation = conversation;

  /** Whether the row went in. */
  function put(target, row, fromStream) {
    if (fromStream) countPins(row.dataset.follow);
    const present = row.id ? document.getElementById(row.id) : null;
    if (present) return replace(present, row, fromStream);
    if (!/^[mf]-\d+$/.test(row.id) || row.hasAttribute('data-follow')) return false; // a change to something this page does not show
    for (const line of row.querySelectorAll('.line[id]')) document.getElementById(line.id)?.remove(); // it came singly, and is folded now
    insertInOrder(target, row);
    return true;
  }

  function replace(present, row, fromStream) {
    if (revOf(row) < revOf(present)) return false;
    if (fromStream && present.querySelector('form.edit')) return false; // being edited: what is saved or cancelled brings the newest
    const focus = focusIn(present);
    present.replaceWith(row);
    if (focus) restoreFocus(row, focus);
    document.dispatchEvent(new CustomEvent('parley:row', { detail: row }));
    return true;
  }

  /** Each pin and unpin that the stream tells changes something. */
  function countPins(kind) {
    const link = document.getElementById('pins');
    if (!link || (kind !== 'pin' && kind !== 'unpin')) return;
    const count = link.querySelector('b');
    count.textContent = Math.max(0, Number(count.textContent) + (kind === 'pin' ? 1 : -1));
    link.hidden = count.textContent === '0';
  }

  function insertInOrder(target, row) {
    const seq = seqOf(row);
    let next = null; // nearly always the newest: look from the end
    for (let child = target.lastElementChild; child; child = child.previousElementSibling) {
      if (seqOf(child) < seq) break;
      if (seqOf(child) > seq) next = child; // not headings, whose seq is no number
    }
    target.insertBefore(row, next);
  }

  /** What a button does, in words that its twin in a newer row shares. Giving and taking a reaction are two buttons of which one shows. */
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
    const other = typed ? row.querySelector('.other input') : null; // what is typed there is not sent yet
    if (other) other.value = typed;
    (other || twin || row).focus({ preventScroll: true });
  }

  function afterRows(rows) {
    for (const row of rows) localise(row);
    const messages = list();
    if (!messages) return;
    conversation.onRows(rows);
    breakDays(messages);
  }

  // --- times in the reader's own zone ---

  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
  const long = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
  const dayKey = (date) => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;

  function localise(root) {
    for (const time of root.querySelectorAll('[id^="m-"] time[datetime*="T"], :scope time[datetime*="T"]')) {
      const date = new Date(time.dateTime);
      if (!time.closest('.seen')) time.textContent = clock.format(date);
      time.title = full.format(date);
    }
  }

  /** Where no heading says the day, the time does. */
  function localiseDates(root) {
    for (const time of root.querySelectorAll(':is(.hits, .versions) time[datetime*="T"]'))
      time.textContent = full.format(new Date(time.dateTime));
  }

  function breakDays(messages) {
    let last = '';
    for (const row of [...messages.children]) {
      if (row.className === 'day') row.remove();
      if (!/^[mf]-/.test(row.id)) continue;
      const time = row.querySelector('time[datetime*="T"]');
      if (!time) continue;
      const date = new Date(time.dateTime);
      const line = row.previousElementSibling?.id === 'unread' ? row.previousElementSibling : row;
      if (dayKey(date) !== last) line.before(dayHeading(date));
      last = dayKey(date);
    }
  }

  function dayHeading(date) {
    const heading = document.createElement('h2');
    heading.className = 'day';
    const time = document.createElement('time');
    time.dateTime = date.toISOString().slice(0, 10);
    time.textContent = long.format(date);
    heading.append(time);
    return heading;
  }

  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

  /** How long ago members were last here: goes on while nothing else changes. As lib/text/dates.ts says it. */
  function tellAgo() {
    for (const time of document.querySelectorAll('#members .seen time')) {
      const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60_000);
      const [count, unit] = minutes >= 1440 ? [minutes / 1440, 'day'] : minutes >= 60 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
      if (count >= 1) time.textContent = relative.format(-Math.floor(count), unit);
    }
  }

  // --- the stream: its state is visible, and two of its events mean more than a row ---

  function say(state, text) {
    const status = document.getElementById('connection');
    if (!status || (status.dataset.state === state && status.textContent === text)) return;
    status.dataset.state = state;
    status.textContent = text;
  }

  const DRAFT = `draft:${location.pathname}`;

  function reload() {
    const body = document.getElementById('body');
    if (body?.value) sessionStorage.setItem(DRAFT, body.value);
    location.reload();
  }

  function restoreDraft() {
    const body = document.getElementById('body');
    const draft = sessionStorage.getItem(DRAFT);
    sessionStorage.removeItem(DRAFT);
    if (body && draft && body.value === '') body.value = draft;
  }

  function follow(messages) {
    say('connecting', 'connecting…');
    let isOver = false;
    const onStream = (name, act) => messages.addEventListener(name, (event) => event.target === messages && !isOver && act(event));
    onStream('htmx:sse:after:connection', () => {
      say('connected', 'connected');
      if (document.hidden) setTimeout(() => stream?.reader?.cancel()); // hidden while it was being opened
    });
    let stream = null;
    document.addEventListener('input', onInput);
    // A tab that nobody looks at has no stream: htmx lets go of it when the tab is hidden, and goes on by its cursor when it is shown.
    let isShown = false;
    const onlyIfSeen = (event) => event.target === messages && (document.hidden || isOver) && event.preventDefault();
    for (const name of ['htmx:before:request', 'htmx:sse:before:connection']) messages.addEventListener(name, onlyIfSeen);
    document.addEventListener('visibilitychange', () => {
      isShown = !document.hidden;
    });
    onStream('htmx:sse:before:connection', ({ detail, defaultPrevented }) => {
      if (defaultPrevented) return;
      nobodyTypes();
      stream = detail.connection;
      if (stream.attempt === 0) return;
      say('reconnecting', 'reconnecting…');
      if (isShown) setTimeout(() => stream.delayCanceller?.()); // somebody waits
      isShown = false;
    });
    // A network that vanishes leaves its connections silent, not closed: begin anew, and do not wait once it is back.
    addEventListener('offline', () => stream?.reader?.cancel());
    addEventListener('online', () => stream?.delayCanceller?.());
    onStream('htmx:sse:error', ({ detail }) => {
      if ([401, 403, 404].includes(detail.status))
        reload(); // logged out or put out while away: show what is so now
      else say('reconnecting', 'reconnecting…');
    });
    onStream('htmx:error', () => say('reconnecting', 'reconnecting…'));
    onStream('htmx:response:error', () => say('reconnecting', 'reconnecting…'));
    onStream('reset', () => reload());
    onStream('closed', ({ detail }) => {
      isOver = true;
      say('closed', detail.data || 'closed');
      for (const control of document.querySelectorAll('#composer textarea, #composer button')) control.disabled = true;
    });
  }

  // --- what did not get through is said; a message's text comes back, before whatever was typed since ---

  let returned = ''; // the texts that came back and wait at the start of the field
  let lost = null; // sent again unchanged, a text goes under its first key: the server may have taken it after all

  const troubleOf = (element) =>
    element.closest('form.edit')?.querySelector('.wrong') ??
    document.getElementById('composer-error') ??
    document.getElementById('trouble');

  function complain(element, text) {
    const region = troubleOf(element);
    if (region) region.textContent = text;
  }

  function onSend({ target, detail }) {
    if (target === list()) return;
    complain(target, '');
    if (target.id !== 'composer') return;
    const sent = detail.ctx.request.body;
    if (lost && sameness(sent) === lost.sameness) sent.set('key', lost.key);
    lost = null;
    returned = '';
  }

  function onFailure({ target, detail }) {
    if (target === list()) return; // the stream has its own words
    const { request, response } = detail.ctx;
    if (response && response.status < 400) return; // it was taken; only showing it went wrong
    const isAnswered = response && response.status < 500; // what the answer says is shown by the swap
    if (target.id === 'composer') takeBack(request.body, isAnswered);
    else if (!isAnswered) complain(target, 'The server did not answer. Try again.');
  }

  function takeBack(sent, isAnswered) {
    const text = sent.get('body');
    const field = document.getElementById('body');
    if (text.trim() !== '') giveBack(field, text);
    if (isAnswered) return;
    lost = { sameness: sameness(sent), key: sent.get('key') };
    complain(field, 'Not sent: the server did not answer. All is back as it was; send it again.');
  }

  /** Equal for two messages that say the same with the same files. */
  function sameness(sent) {
    const files = sent.getAll('attachment').filter((one) => one.name);
    return JSON.stringify([sent.get('body'), ...files.map(({ name, size, lastModified }) => [name, size, lastModified])]);
  }

  function giveBack(field, text) {
    if (!field.value.startsWith(returned)) returned = '';
    const typed = field.value.slice(returned.length);
    returned = returned === '' ? text : `${returned}\n${text}`;
    field.value = typed === '' || typed.startsWith('\n') ? returned + typed : `${returned}\n${typed}`;
  }

  document.addEventListener('htmx:config:request', onSend);
  document.addEventListener('htmx:response:error', onFailure);
  document.addEventListener('htmx:error', onFailure);

  // --- who is writing: our own page says so at most every three seconds; what it was told ends with its stream ---

  const SAY_TYPING_MS = 3000;
  let saidTypingAt = Number.NEGATIVE_INFINITY;

  function onInput({ target }) {
    if (target.id !== 'body' || target.value.trim() === '' || performance.now() - saidTypingAt < SAY_TYPING_MS) return;
    saidTypingAt = performance.now();
    fetch(target.form.action.replace(/messages$/, 'typing'), { method: 'POST', headers: { Accept: 'application/json' } }).catch(() => {});
  }

  const nobodyTypes = () => document.getElementById('typing')?.replaceChildren();

  // --- while developing: a page whose server was started again loads itself again ---

  async function watchServer() {
    const alive = () => fetch('/dev/alive').then((response) => response.text());
    await alive().catch(() => {});
    const isBack = () => fetch('/healthz').then(({ ok }) => ok);
    const retry = setInterval(async () => {
      if (!(await isBack().catch(() => false))) return;
      clearInterval(retry);
      reload();
    }, 300);
  }

  document.addEventListener('htmx:after:swap', ({ target }) => target.matches('.past') && localiseDates(target));

  addEventListener('DOMContentLoaded', () => {
    restoreDraft();
    const messages = list();
    if (messages) localise(messages);
    localiseDates(document);
    if (messages) breakDays(messages);
    if (messages?.hasAttribute('hx-sse:connect')) follow(messages);
    if (document.getElementById('members')) setInterval(tellAgo, 60_000);
    if (document.documentElement.hasAttribute('data-dev')) void watchServer();
  });
})();
