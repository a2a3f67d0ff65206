// What is unread in one's groups: the page's stream says it, and the tabs of a browser tell each other.
// A hidden tab has no stream of its own (see live.js). One of them, whoever gets the lock, keeps a slim one, which says only what is unread; so a
// browser with any number of tabs has one stream for each that is seen, and one for all the others.
(() => {
  const LOCK = 'parley-hidden-tabs';
  const { title } = document;
  const tabs = new BroadcastChannel(LOCK);

  function say(waiting) {
    document.title = waiting === '' ? title : `(${waiting}) ${title}`;
    const badge = waiting === '' ? navigator.clearAppBadge?.() : navigator.setAppBadge?.(Number.parseInt(waiting, 10));
    badge?.catch(() => {});
    dot(waiting !== '');
    const mark = document.getElementById('waiting'); // on the Menu button of a phone
    mark?.toggleAttribute('hidden', waiting === '');
    mark?.querySelector('b').replaceChildren(waiting);
  }

  const icon = document.querySelector('link[rel="icon"]');
  const plain = icon?.href;

  /** A browser that shows icons in its tabs shows there, too, that something waits. */
  function dot(isOn) {
    const href = isOn ? icon?.dataset.dot : plain;
    if (href && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
  }

  /** For what tells of it in other ways (notify.js). */
  const tellOthers = (list) => document.dispatchEvent(new CustomEvent('sidebar:heard', { detail: list }));

  const sidebar = () => document.getElementById('sidebar');
  const parse = (html) => new DOMParser().parseFromString(html, 'text/html').getElementById('sidebar');

  /** Puts the newest list in place of the one that is shown; whoever is at a link in it stays there. */
  function put(fresh) {
    tellOthers(fresh);
    const list = sidebar();
    if (list.innerHTML !== fresh.innerHTML) {
      const focused = list.contains(document.activeElement) && document.activeElement.getAttribute('href');
      list.replaceChildren(...fresh.childNodes);
      if (focused) list.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
    say(fresh.dataset.waiting);
  }

  /** Keeps the slim stream until `shown`. */
  async function lead(shown) {
    const stream = new EventSource('/events?as=sidebar');
    stream.addEventListener('sidebar', ({ data }) => {
      const list = parse(data);
      const { waiting } = list.dataset;
      tellOthers(list);
      say(waiting);
      tabs.postMessage(waiting);
    });
    stream.addEventListener('closed', () => stream.close());
    await shown;
    stream.close();
  }

  let show = () => {};

  function onVisibility() {
    show();
    if (!document.hidden) return;
    const { promise, resolve } = Promise.withResolvers();
    const waits = new AbortController();
    show = () => {
      waits.abort();
      resolve();
    };
    // Without locks (a page that is not secure) the titles of hidden tabs stand still.
    navigator.locks?.request(LOCK, { signal: waits.signal }, () => lead(promise)).catch(() => {});
  }

  addEventListener('DOMContentLoaded', () => {
    if (!sidebar()) return;
    say(sidebar().dataset.waiting);
    document.addEventListener('sidebar', ({ detail }) => put(parse(detail.data)));
    document.addEventListener('visibilitychange', onVisibility);
    tabs.addEventListener('message', ({ data }) => document.hidden && say(data));
    onVisibility();
  });
})();
