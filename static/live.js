// What hyperscript cannot say: how rows of a log are put into a page, and what the page does with its stream.
(() => {
  const MOST_ROWS = 300;
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
      const fromStream = swapSource === list();
      const added = [...fragment.children].filter((row) => put(target, row, fromStream));
      if (added.length > 0) afterRows(added);
      return added;
    },
  });

  /** Whether the row went in. */
  function put(target, row, fromStream) {
    const present = row.id ? document.getElementById(row.id) : null;
    if (present) return replace(present, row, fromStream);
    if (!/^m-\d+$/.test(row.id) || row.hasAttribute('data-follow')) return false; // a change to something this page does not show
    insertInOrder(target, row);
    return true;
  }

  function replace(present, row, fromStream) {
    if (revOf(row) < revOf(present)) return false;
    if (fromStream && present.querySelector('form.edit')) return false; // being edited: what is saved or cancelled brings the newest
    const focus = focusIn(present);
    present.replaceWith(row);
    if (focus) restoreFocus(row, focus);
    return true;
  }

  function insertInOrder(target, row) {
    const seq = seqOf(row);
    let next = null; // nearly always the newest: look from the end
    for (let child = target.lastElementChild; child; child = child.previousElementSibling) {
      if (child.id && seqOf(child) < seq) break;
      if (child.id) next = child;
    }
    target.insertBefore(row, next);
  }

  /** What a button does, in words that its twin in a newer row shares. Giving and taking a reaction are two buttons of which one shows. */
  const purposeOf = ({ name, value, form }) => (name === 'on' ? `tally ${form.elements.emoji.value}` : `${name} ${value}`);

  function focusIn(row) {
    const { activeElement } = document;
    if (!row.contains(activeElement)) return null;
    const purpose = activeElement.matches('button[name]') ? purposeOf(activeElement) : null;
    return { purpose, open: row.querySelector('details')?.open };
  }

  function restoreFocus(row, { purpose, open }) {
    const details = row.querySelector('details');
    if (details && open) details.open = true;
    const twin = [...row.querySelectorAll('button[name]')].find((button) => purposeOf(button) === purpose && button.checkVisibility());
    (twin || row).focus({ preventScroll: true });
  }

  function afterRows(rows) {
    for (const row of rows) localise(row);
    const messages = list();
    if (!messages) return;
    trim(messages);
    breakDays(messages);
    markRead();
  }

  /** Keeps the page light while its end is in view; older rows are a link away. */
  function trim(messages) {
    const rows = messages.querySelectorAll(':scope > [id]');
    const isReadingBack = (document.getElementById('scroller')?.scrollTop ?? 0) < -200;
    if (rows.length <= MOST_ROWS || isReadingBack) return;
    for (const row of [...rows].slice(0, rows.length - MOST_ROWS)) row.remove();
    const [first] = messages.querySelectorAll(':scope > [id]');
    olderLink(messages).href = `${location.pathname}?before=${seqOf(first)}`;
  }

  function olderLink(messages) {
    const present = document.querySelector('a.turn[rel="prev"]');
    if (present) return present;
    const link = document.createElement('a');
    Object.assign(link, { className: 'turn', rel: 'prev', textContent: 'Older messages' });
    messages.before(link);
    return link;
  }

  // --- times in the reader's own zone ---

  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
  const long = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
  const dayKey = (date) => `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;

  function localise(root) {
    for (const time of root.querySelectorAll('[id^="m-"] time[datetime*="T"], :scope time[datetime*="T"]')) {
      const date = new Date(time.dateTime);
      time.textContent = clock.format(date);
      time.title = full.format(date);
    }
  }

  function breakDays(messages) {
    for (const heading of messages.querySelectorAll(':scope > .day')) heading.remove();
    let last = '';
    for (const row of messages.querySelectorAll(':scope > [id]')) {
      const time = row.querySelector('time[datetime*="T"]');
      if (!time) continue;
      const date = new Date(time.dateTime);
      if (dayKey(date) !== last) row.before(dayHeading(date));
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
    onStream('htmx:sse:after:connection', () => say('connected', 'connected'));
    let stream = null;
    document.addEventListener('input', onInput);
    onStream('htmx:sse:before:connection', ({ detail }) => {
      nobodyTypes();
      stream = detail.connection;
      if (stream.attempt > 0) say('reconnecting', 'reconnecting…');
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
    if (lost && sent.get('body') === lost.text) sent.set('key', lost.key);
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
    if (text.trim() === '') return;
    const field = document.getElementById('body');
    giveBack(field, text);
    if (isAnswered) return;
    lost = { text, key: sent.get('key') };
    complain(field, 'Not sent: the server did not answer. Your text is back; send it again.');
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

  // --- what is on the screen is read ---

  let markTimer = 0;

  function markRead() {
    if (document.hidden || !list()?.hasAttribute('hx-sse:connect')) return;
    clearTimeout(markTimer);
    markTimer = setTimeout(() => {
      fetch(`${location.pathname}/read`, { method: 'POST', headers: { Accept: 'application/json' } }).catch(() => {});
    }, 1000);
  }

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

  addEventListener('DOMContentLoaded', () => {
    restoreDraft();
    const messages = list();
    if (messages) localise(messages);
    if (messages) breakDays(messages);
    if (messages?.hasAttribute('hx-sse:connect')) follow(messages);
    if (document.documentElement.hasAttribute('data-dev')) void watchServer();
  });
  document.addEventListener('visibilitychange', markRead);
})();
