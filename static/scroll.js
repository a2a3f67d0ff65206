// Which part of a conversation the page shows: always one stretch of it without a gap, of at most 300 rows. Near its ends more is fetched, and what is
// far away at the other end is let go of. Where the newest rows are not among those shown, the page is in the past: what arrives is only counted.
(() => {
  const MOST_ROWS = 300;
  const MORE_ROWS = 100;
  const NEAR = '400px 0px';
  const SEEN_MS = 1000;
  const { conversation } = globalThis;
  const list = () => document.getElementById('messages');
  const scroller = () => document.getElementById('scroller');
  const isHere = () => Boolean(scroller() && list()?.dataset.base);
  const base = () => list().dataset.base;
  const rows = () => [...list().children].filter(({ id }) => /^[mf]-/.test(id));
  const seqOf = ({ id }) => Number(id.slice(2));
  /** Of several lines as one the last. */
  const lastSeqOf = (row) => seqOf([...row.querySelectorAll('.line')].at(-1) ?? row);
  const firstSeq = () => (rows()[0] ? seqOf(rows()[0]) : 0);
  const lastSeq = () => (rows().at(-1) ? lastSeqOf(rows().at(-1)) : 0);
  const isPast = () => list().hasAttribute('data-past');
  // Asking an element for it would lay the page out anew with each row that comes.
  let scrolled = 0;
  const isAtEnd = () => scrolled > -8;
  const isReadingBack = () => scrolled < -200;
  const isFarBack = () => scrolled < -2 * innerHeight;
  const isMine = (row) => row.dataset.author === document.body.dataset.viewer;
  const link = (rel) => document.querySelector(`a.turn[rel="${rel}"]`);

  // --- what arrives: put in where it follows without a gap, else counted ---

  let held = null; // while rows are fetched, those that the stream brings: which of them belong here is known afterwards
  const fresh = new Set(); // seqs of messages that came unseen

  /** Whether a row that arrives may be put into the page. */
  function takes(row, fromStream) {
    if (!isHere() || !/^m-\d+$/.test(row.id) || document.getElementById(row.id)) return true;
    if (held && fromStream) held.push(row);
    if (held && fromStream) return false;
    if (row.hasAttribute('data-follow')) return true; // to something that is not here: it goes nowhere
    const seq = seqOf(row);
    if (seq < firstSeq()) return !link('prev');
    if (seq < lastSeq()) return true;
    if (!isPast() && fromStream && isReadingBack() && rows().length >= MOST_ROWS) leavePresent();
    if (fromStream && (isPast() || isReadingBack()) && row.matches('article')) fresh.add(seq);
    if (isPast() && !fromStream) void toNewest(); // my own words
    sayFresh();
    return !isPast();
  }

  function leavePresent() {
    list().dataset.past = '';
    turn('next', `?after=${lastSeq()}#messages`);
    sayFresh();
  }

  /** The address is of the present, too, so that loading the page again stays there. */
  function enterPresent() {
    list().removeAttribute('data-past');
    history.replaceState(history.state, '', base());
  }

  function sayFresh() {
    if (isHere() && !isPast() && isAtEnd()) fresh.clear();
    const pill = document.getElementById('newest');
    const text = fresh.size === 0 ? 'Jump to newest' : `${fresh.size} new message${fresh.size === 1 ? '' : 's'} – jump to newest`;
    if (pill.textContent !== text) pill.textContent = text;
    pill.hidden = !isPast() && fresh.size === 0 && !isFarBack();
  }

  function scrollTo(top) {
    scroller().scrollTop = top;
    scrolled = scroller().scrollTop;
  }

  // --- what one reads stays where it is, whatever comes or goes above and below ---

  let drift = 0; // browsers scroll by whole pixels: what is left over is made good the next time

  function keepAt(row, wanted) {
    const off = () => row.getBoundingClientRect().top - wanted;
    scrollTo(scroller().scrollTop + off());
    drift = Math.abs(off()) < 1 ? off() : 0;
  }

  function steady(change, always = false) {
    if (!isHere() || (!always && isAtEnd())) return change();
    const top = scroller().getBoundingClientRect().top;
    const places = rows().map((row) => [row, row.getBoundingClientRect()]);
    const seen = places.filter(([, { bottom }]) => bottom > top).map(([row, rect]) => [row.id, rect.top]);
    const result = change();
    const [id, before] = seen.find(([one]) => document.getElementById(one)) ?? [];
    if (id) keepAt(document.getElementById(id), before - drift);
    return result;
  }

  // --- more of it ---

  const NAMES = { prev: 'Older messages', next: 'Newer messages' };

  /** The link to what comes before or after; none where nothing does. */
  function turn(rel, query) {
    const present = link(rel);
    if (query === undefined) return present?.remove();
    const shown = present ?? document.createElement('a');
    Object.assign(shown, { className: 'turn', rel, textContent: NAMES[rel], href: base() + query });
    if (!present && rel === 'prev') list().before(shown);
    if (!present && rel === 'next') list().after(shown);
    watch(shown);
  }

  /** The observer tells at once if it is near already. */
  function watch(shown) {
    if (shown) near.unobserve(shown);
    if (shown) near.observe(shown);
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting && target.isConnected) void load(target.rel);
    },
    { rootMargin: NEAR },
  );

  /** The rows of a window and where it leads on to. */
  async function fetchRows(query) {
    const answer = await fetch(`${base()}/messages${query}${query === '' ? '' : `&limit=${MORE_ROWS}`}`, {
      headers: { 'HX-Request': 'true', Accept: 'text/html' },
    });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}`);
    const template = document.createElement('template');
    template.innerHTML = await answer.text();
    const leads = (rel) => new RegExp(`<[^>?]*(\\?[^>]*)>; rel="${rel}"`).exec(answer.headers.get('Link') ?? '')?.[1];
    return { rows: [...template.content.children].filter(({ id }) => id !== ''), prev: leads('prev'), next: leads('next') };
  }

  /** Does something with fetched rows, while what the stream brings waits. Resolves to whether it came to it. */
  async function withRows(query, act) {
    if (held) return false;
    held = [];
    try {
      const found = await fetchRows(query);
      list().setAttribute('aria-live', 'off'); // what was said long ago is not read out
      act(found);
      for (const rel of ['prev', 'next']) watch(link(rel)); // the other end may have come near meanwhile
      return true;
    } catch {
      say('More messages could not be loaded. Try again.');
      return false;
    } finally {
      release();
      if (isNewestWanted) setTimeout(() => void toNewest());
      isNewestWanted = false;
      requestAnimationFrame(() => requestAnimationFrame(() => list().removeAttribute('aria-live')));
      sayFresh();
      look();
    }
  }

  function release() {
    const waited = held;
    held = null;
    for (const row of conversation.take(list(), waited, true)) htmx.process(row);
  }

  async function load(rel) {
    const query = new URL(link(rel).href).search;
    const isDone = await withRows(query, (found) =>
      steady(() => {
        conversation.insert(list(), found.rows);
        if (rel === 'prev') letGoOfNewest();
        else letGoOfOldest();
        if (rel === 'next' && found.next === undefined) enterPresent();
        turn(rel, found[rel]);
        for (const seq of fresh) if (seq <= lastSeq()) fresh.delete(seq);
        keepLine();
        conversation.breakDays(list());
      }, true),
    );
    if (isDone) say(rel === 'prev' ? 'Older messages loaded' : 'Newer messages loaded');
  }

  function letGoOfNewest() {
    const beyond = rows().slice(MOST_ROWS);
    for (const row of beyond) row.remove();
    if (beyond.length > 0) leavePresent();
  }

  /** Not of lines that stand before the first message left: the server has them on the page of that message. */
  function letGoOfOldest() {
    const all = rows();
    let most = all.length - MOST_ROWS;
    while (most > 0 && !all[most - 1].matches('article')) most -= 1;
    if (most <= 0) return;
    for (const row of all.slice(0, most)) row.remove();
    keepLine();
    turn('prev', `?before=${firstSeq()}`);
  }

  let isNewestWanted = false; // asked for while rows were fetched

  async function toNewest() {
    if (held) isNewestWanted = true;
    else if (!isPast()) scrollTo(0);
    else {
      const isDone = await withRows('', (found) => {
        list().replaceChildren();
        conversation.insert(list(), found.rows);
        enterPresent();
        turn('next', undefined);
        turn('prev', found.prev);
        keepLine();
        conversation.breakDays(list());
      });
      if (!isDone) return;
      scrollTo(0);
      say('Newest messages loaded');
    }
    sayFresh();
    look();
  }

  function say(text) {
    document.getElementById('said').textContent = text;
  }

  // --- the line before what is new ---

  let unreadSeq = 0; // of the message after the line
  let away = null; // the last row when the tab was hidden
  let awayTimer = 0;

  /** Of the message that the line stands before, here or where the way to it leads. */
  function firstUnread() {
    const row = document.querySelector('#unread + article');
    return row ? seqOf(row) : Number(new URLSearchParams(document.getElementById('jump')?.search).get('unread'));
  }

  function keepLine() {
    const [row, line] = [document.getElementById(`m-${unreadSeq}`), document.getElementById('unread')];
    if (!row) line?.remove();
    else if (line?.nextElementSibling !== row) drawLine(row);
  }

  function drawLine(row) {
    unreadSeq = seqOf(row);
    document.getElementById('unread')?.remove();
    const line = document.createElement('p');
    Object.assign(line, { id: 'unread', className: 'new', role: 'separator' });
    line.setAttribute('aria-labelledby', 'unread-since');
    const since = document.createElement('span');
    since.id = 'unread-since';
    since.append('New since ', row.querySelector('time').cloneNode(true));
    line.append(since);
    row.before(line);
    watchLine();
  }

  /** What came while nobody looked has the line before it. */
  function onRows(added) {
    if (!isHere()) return;
    if (!isPast() && !isReadingBack()) letGoOfOldest();
    const missed = away === null ? [] : added.filter((row) => row.matches('article') && seqOf(row) > away && !isMine(row));
    if (missed.length > 0) {
      drawLine(missed.reduce((first, row) => (seqOf(row) < seqOf(first) ? row : first)));
      if (!document.hidden) away = null;
      else away = Number.POSITIVE_INFINITY; // the line stands
    }
    look();
  }

  function onVisibility() {
    clearTimeout(awayTimer);
    if (document.hidden) away = away ?? lastSeq();
    else if (away === Number.POSITIVE_INFINITY) away = null;
    else
      awayTimer = setTimeout(() => {
        away = null; // whatever the stream had to catch up with is here
      }, 3000);
    look();
  }

  // --- the newest message, once it has been looked at for a second, is read, and with it all before it ---

  let markTimer = 0;
  let marked = 0;
  let isKept = false; // unread by wish, until one comes back

  let isLooking = false;

  /** Once per frame, where there are frames. */
  function look() {
    if (document.hidden) return lookNow();
    if (isLooking) return;
    isLooking = true;
    requestAnimationFrame(() => {
      isLooking = false;
      lookNow();
    });
  }

  function lookNow() {
    if (!isHere()) return;
    const seq = lastSeq();
    const isSeen = !document.hidden && !isKept && !isPast() && seq > marked && isInView(rows().at(-1));
    if (!isSeen) clearTimeout(markTimer);
    if (!isSeen) markTimer = 0;
    if (isSeen && markTimer === 0) markTimer = setTimeout(() => void mark(seq), SEEN_MS);
  }

  function isInView(row) {
    const [{ top, bottom }, frame] = [row.getBoundingClientRect(), scroller().getBoundingClientRect()];
    return top < frame.bottom && bottom > frame.top && bottom < frame.bottom + 8 + row.offsetHeight / 2;
  }

  async function mark(seq) {
    marked = seq;
    markTimer = 0;
    await postRead({ seq }).catch(() => {});
    look();
  }

  const postRead = (fields) =>
    fetch(`${base()}/read`, { method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams(fields) });

  async function markUnread(form) {
    isKept = true;
    look();
    const row = form.closest('article');
    const answer = await postRead({ seq: form.elements.seq.value, unread: '1' }).catch(() => ({ ok: false }));
    if (!answer.ok) return say('It could not be marked as unread. Try again.');
    drawLine(row);
    const menu = form.closest('details');
    menu?.removeAttribute('open');
    menu?.querySelector('summary')?.focus({ preventScroll: true });
    say('Marked as unread from here, until you come back to this group.');
  }

  // --- keys and clicks ---

  const OPEN =
    'details.acts[open], details[name="panel"][open], dialog[open], [popover]:popover-open, form.edit, [role="listbox"]:not([hidden])';
  let isForOthers = false;

  document.addEventListener(
    'keydown',
    ({ key }) => {
      if (key === 'Escape') isForOthers = [...document.querySelectorAll(OPEN)].some((one) => one.checkVisibility());
    },
    { capture: true },
  );

  function onKey(event) {
    if (event.key === 'Escape' && !event.defaultPrevented && !isForOthers) void toNewest();
    const page = { PageUp: -1, PageDown: 1 }[event.key];
    if (page && event.target.id === 'body' && event.target.value === '') {
      event.preventDefault();
      scroller().scrollBy({ top: page * scroller().clientHeight * 0.9 });
    }
  }

  function onClick(event) {
    const { target } = event;
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const turned = target.closest('a.turn');
    if (turned || target.id === 'newest') event.preventDefault();
    if (turned) void load(turned.rel);
    if (target.id === 'newest') void toNewest();
    const line = target.id === 'jump' && document.getElementById('unread');
    if (!line) return;
    event.preventDefault();
    line.scrollIntoView({ block: 'center' });
    line.nextElementSibling.focus({ preventScroll: true });
  }

  /** Once the line has been seen, the way to it is not needed. */
  function watchLine() {
    const [line, jump] = [document.getElementById('unread'), document.getElementById('jump')];
    if (!line || !jump || jump.parentElement.hidden) return;
    new IntersectionObserver((entries, watcher) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      jump.parentElement.hidden = true;
      watcher.disconnect();
    }).observe(line);
  }

  Object.assign(conversation, { takes, steady, onRows });

  addEventListener('DOMContentLoaded', () => {
    // biome-ignore lint/suspicious/noDocumentCookie: the other way is for secure pages alone
    document.cookie = 'script=1; path=/; max-age=31536000; SameSite=Lax'; // the server leaves the read mark to this script
    const zone = document.querySelector('.day-form [name="zone"]');
    if (zone) zone.value = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!isHere()) return;
    unreadSeq = firstUnread();
    if (!list().hasAttribute('data-unread')) marked = lastSeq();
    for (const rel of ['prev', 'next']) watch(link(rel));
    watchLine();
    scrolled = scroller().scrollTop;
    scroller().addEventListener('scroll', () => {
      scrolled = scroller().scrollTop;
      sayFresh();
      look();
    });
    document.addEventListener('visibilitychange', onVisibility);
    document.addEventListener('keydown', onKey);
    document.addEventListener('click', onClick);
    document.addEventListener('submit', (event) => {
      if (!event.target.matches('form.mark')) return;
      event.preventDefault();
      void markUnread(event.target);
    });
    if (document.hidden) onVisibility();
    look();
  });
})();
