// What is typed and not sent yet survives a reload: it is kept in this browser, for each user and group apart, until it is taken by the server.
(() => {
  const body = () => document.getElementById('body');
  const PREFIX = 'draft:';
  const viewer = () => document.body.dataset.viewer;
  const keyOf = (path) => `${PREFIX}${viewer()}:${path}`;
  const here = () => keyOf(new URL(body().form.action).pathname.replace(/\/messages$/, ''));

  /** A browser may refuse to keep anything; then there are no drafts. */
  function attempt(act) {
    try {
      return act(localStorage);
    } catch {
      return undefined;
    }
  }

  let sent = []; // on their way: kept until the server has them

  function keep() {
    const text = [...sent, body().value].filter((part) => part.trim() !== '').join('\n');
    attempt((store) => (text === '' ? store.removeItem(here()) : store.setItem(here(), text)));
    markSidebar();
  }

  function restore() {
    const text = attempt((store) => store.getItem(here()));
    if (!text || body().value !== '') return;
    body().value = text;
    body().setSelectionRange(text.length, text.length);
  }

  /** Whose drafts these are leaves: on a shared machine nobody else finds them. */
  function forgetAll() {
    attempt((store) => {
      for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
    });
  }

  function markSidebar() {
    for (const link of document.querySelectorAll('#sidebar a[href^="/groups/"]')) {
      const isDraft = attempt((store) => store.getItem(keyOf(link.getAttribute('href')))) && !link.hasAttribute('aria-current');
      link.toggleAttribute('data-draft', Boolean(isDraft));
    }
  }

  const textOf = ({ detail }) => detail.ctx.request.body?.get?.('body') ?? '';

  document.addEventListener('input', ({ target }) => target.id === 'body' && keep());
  document.addEventListener('htmx:config:request', (event) => {
    if (event.target.id !== 'composer') return;
    sent.push(textOf(event));
    keep();
  });
  document.addEventListener('htmx:finally:request', (event) => {
    if (event.target.id !== 'composer') return;
    const text = textOf(event);
    const at = sent.indexOf(text);
    sent = at === -1 ? [] : sent.toSpliced(at, 1);
    keep();
  });
  document.addEventListener('submit', ({ target }) => {
    if (target.getAttribute('action') === '/logout') forgetAll();
  });
  addEventListener('storage', ({ key }) => key?.startsWith(PREFIX) && markSidebar());

  addEventListener('DOMContentLoaded', () => {
    if (!viewer()) return;
    if (body()) restore();
    markSidebar();
    const groups = document.getElementById('sidebar')?.parentElement;
    if (groups) new MutationObserver(markSidebar).observe(groups, { childList: true, subtree: true });
  });
})();
