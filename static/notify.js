// Notifications on this device: what is chosen in the settings, and what is told while a tab is open (tabs.js hears of it). While none is open, and
// where one has chosen to be told always, static/sw.js tells.
(() => {
  /** Who has chosen to be told while a tab is open; what was told last, by group; whether the hint was sent away. */
  const [OPEN, TOLD, HINT] = ['parley-notify', 'parley-told', 'parley-hint'];
  const MOST_IN_BODY = 200;
  const CLAIMED_MS = 60_000;
  const { viewer } = document.body.dataset;
  const isAble = isSecureContext && 'serviceWorker' in navigator && 'Notification' in globalThis && 'locks' in navigator;
  const state = document.getElementById('notify-state');
  if (!isAble && state)
    state.textContent = 'Not in this browser as it is: it needs HTTPS, and on iPhones and iPads the site on the home screen.';
  if (!viewer || !isAble) return;

  const worker = () => navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready);
  const isOpenChosen = () => localStorage.getItem(OPEN) === viewer && Notification.permission === 'granted';

  // --- a group on a visible screen needs no notification: its page says so to the others for as long as it is seen ---

  const list = document.querySelector('#messages[data-base]:not([data-past])');
  const seen = (base) => `parley-seen:${base}`;
  let unsee = () => {};

  function see() {
    unsee();
    if (!list || document.hidden) return;
    const { promise, resolve } = Promise.withResolvers();
    unsee = resolve;
    navigator.locks.request(seen(list.dataset.base), { mode: 'shared' }, () => promise).catch(() => {});
  }

  const isSeen = async (base) => (await navigator.locks.query()).held.some(({ name }) => name === seen(base));

  document.addEventListener('visibilitychange', see);
  see();

  // --- what waits has grown: somebody is to be told of the newest of it, by one tab ---

  const counts = new Map();

  function heard(sidebar) {
    for (const link of sidebar.querySelectorAll('a[href^="/groups/"]')) {
      const base = link.getAttribute('href');
      const { waiting = '0', all } = link.parentElement.dataset;
      const [before, now] = [counts.get(base), Number.parseInt(waiting, 10)];
      counts.set(base, now);
      if (before !== undefined && now > before && isOpenChosen())
        tell(base, link.firstChild.textContent, all !== undefined).catch(() => {});
    }
  }

  async function tell(base, name, isAll) {
    if (await isSeen(base)) return;
    const response = await fetch(`${base}/messages?limit=20`, { headers: { Accept: 'application/json' } });
    if (!response.ok) return;
    const isNamed = ({ mentions, mentions_all }) => mentions_all || mentions.includes(viewer);
    const message = (await response.json()).findLast((one) => !one.erased && one.author.id !== viewer && (isAll || isNamed(one)));
    if (message) await navigator.locks.request('parley-tell', () => tellOnce(message, name));
  }

  /** Other tabs may read for a while yet what was there before: so whoever tells of a message keeps its lock, and nobody else does. */
  async function tellOnce(message, name) {
    const { group, seq } = message;
    if ((lastTold()[group] ?? 0) >= seq) return;
    const { promise, resolve } = Promise.withResolvers();
    const told = async (lock) => {
      if (lock) await notify(message, name).then(() => localStorage.setItem(TOLD, JSON.stringify({ ...lastTold(), [group]: seq })));
      resolve();
      if (lock) await new Promise((over) => setTimeout(over, CLAIMED_MS));
    };
    navigator.locks.request(`parley-told:${group}:${seq}`, { ifAvailable: true }, told).catch(resolve);
    await promise;
  }

  const lastTold = () => JSON.parse(localStorage.getItem(TOLD) ?? '{}');

  async function notify({ group, author, attachments, url, ...message }, name) {
    const text = message.text || message.body || attachments.map((file) => file.name).join(', ');
    const body = [...text.replace(/\s+/g, ' ').trim()].slice(0, MOST_IN_BODY).join('');
    const title = name === author.name ? name : `${author.name} in ${name}`;
    const icon = '/static/0000000000000000/icons/icon-192.png';
    await (await worker()).showNotification(title, { body, icon, tag: `group:${group}`, renotify: true, data: { url, group } });
  }

  const first = document.getElementById('sidebar');
  if (first) heard(first);
  if (list) counts.delete(list.dataset.base); // of what a page shows its list says nothing
  document.addEventListener('sidebar:heard', ({ detail }) => heard(detail));
  if (isOpenChosen()) worker().catch(() => {});

  // --- the first time somebody names one, a group page says that there are notifications ---

  const isNamed = () => list?.querySelector(`article:not([data-author="${viewer}"]) .mention[data-user="${viewer}"]`);

  function hint() {
    if (!isNamed() || localStorage.getItem(HINT) === 'no' || document.getElementById('notify-hint')) return;
    watch.disconnect();
    const [line, text, link, away] = ['p', 'span', 'a', 'button'].map((name) => document.createElement(name));
    Object.assign(line, { id: 'notify-hint', className: 'flash', role: 'status' });
    line.dataset.kind = 'info';
    Object.assign(link, { href: '/settings#notifications', textContent: 'Be told on this device' });
    Object.assign(away, { type: 'button', className: 'quiet', textContent: 'Not now' });
    for (const control of [link, away])
      control.addEventListener('click', () => {
        localStorage.setItem(HINT, 'no');
        line.remove();
      });
    text.append('Somebody has named you. ', link, ' when that happens while you are elsewhere.');
    line.append(text, away);
    document.querySelector('main .head')?.after(line);
  }

  const watch = new MutationObserver(hint);
  if (list && Notification.permission === 'default' && localStorage.getItem(HINT) !== 'no') {
    watch.observe(list, { childList: true });
    hint();
  }

  // --- the settings ---

  const choices = document.getElementById('notify');
  if (!choices) return;
  const { key } = choices.dataset;
  const radio = (mode) => choices.querySelector(`[value="${mode}"]`);
  const SAID = {
    off: 'No notifications on this device.',
    open: 'You are notified while Parley is open in a tab.',
    push: 'You are notified on this device, also while Parley is closed, until you log out here.',
    denied: 'This browser does not let this site show notifications. Allow them in its settings for this site, then choose again.',
    failed: 'That did not work: the browser or its push service refused. Nothing was changed.',
  };

  const subscribed = async () => (await (await navigator.serviceWorker.getRegistration('/'))?.pushManager?.getSubscription()) ?? null;

  async function idOf({ endpoint }) {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  async function modeNow() {
    if (Notification.permission !== 'granted') return 'off';
    const subscription = await subscribed();
    if (subscription && document.querySelector(`[data-device="${await idOf(subscription)}"]`)) return 'push';
    return isOpenChosen() ? 'open' : 'off';
  }

  async function ask(method, body) {
    const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
    const { ok, status } = await fetch('/settings/push', { method, headers, body: JSON.stringify(body) });
    if (!ok && !(method === 'DELETE' && status === 404)) throw new Error(`answered ${status}`);
  }

  async function subscribe() {
    const { pushManager } = await worker();
    const asked = { userVisibleOnly: true, applicationServerKey: key };
    // One that was made for another key (of a server before this one) has to go first.
    const subscription = await pushManager.subscribe(asked).catch(async () => {
      await (await pushManager.getSubscription())?.unsubscribe();
      return pushManager.subscribe(asked);
    });
    await ask('POST', subscription.toJSON());
  }

  async function unsubscribe() {
    const subscription = await subscribed();
    if (!subscription) return;
    await ask('DELETE', { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }

  async function choose(mode) {
    if (mode !== 'off' && (await Notification.requestPermission()) !== 'granted') return 'denied';
    const before = await modeNow();
    await (mode === 'push' ? subscribe() : unsubscribe());
    if (mode === 'open') {
      localStorage.setItem(OPEN, viewer);
      await worker();
    } else localStorage.removeItem(OPEN);
    if (mode === 'push' || before === 'push') location.reload(); // the list of devices has changed
    return mode;
  }

  async function show(word) {
    const mode = await modeNow();
    radio(mode).checked = true;
    state.textContent = SAID[word ?? mode];
  }

  choices.addEventListener('change', async ({ target }) => {
    choices.disabled = true;
    const said = await choose(target.value).catch(() => 'failed');
    choices.disabled = false;
    await show(SAID[said] && said !== target.value ? said : undefined);
    target.focus();
  });
  if (!('PushManager' in globalThis)) radio('push').disabled = true;
  choices.hidden = false;
  show(Notification.permission === 'denied' ? 'denied' : undefined).catch(() => {});
})();
