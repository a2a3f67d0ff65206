// The notification setting of this device on the settings page.
import { ask, byId, site, t, viewer } from './dom.js';
import { chooseOpen, isAble, isOpenChosen, worker } from './worker.js';

const choices = byId('notify');
const state = byId('notify-state');
const radio = (mode) => choices.querySelector(`[value="${mode}"]`);
const TEXTS = {
  off: t('No notifications on this device.'),
  open: t('You are notified while Parley is open in a tab.'),
  push: t('You are notified on this device, even when Parley is closed, until you log out here.'),
  denied: t('Notifications are blocked in this browser. Allow them in its settings for this site, then choose again.'),
  failed: t('The browser or its push service refused. Nothing was changed.'),
  unable: t('Not available in this browser: notifications need HTTPS, and on iPhones and iPads the site on the home screen.'),
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

async function send(method, body) {
  const headers = { 'Content-Type': 'application/json' };
  const { ok, status } = await ask(`${site}/settings/push`, { method, headers, body: JSON.stringify(body) });
  if (!ok && !(method === 'DELETE' && status === 404)) throw new Error(`answered ${status}`);
}

async function subscribe() {
  const { pushManager } = await worker();
  const options = { userVisibleOnly: true, applicationServerKey: choices.dataset.key };
  // A subscription for another key of this server must be removed first.
  const subscription = await pushManager.subscribe(options).catch(async () => {
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(options);
  });
  await send('POST', subscription.toJSON());
}

async function unsubscribe() {
  const subscription = await subscribed();
  if (!subscription) return;
  await send('DELETE', { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
}

/** Applies a choice. Resolves to the key of the text to show: the mode, or the reason of a failure. */
async function choose(mode) {
  if (mode !== 'off' && (await Notification.requestPermission()) !== 'granted') return 'denied';
  const before = await modeNow();
  await (mode === 'push' ? subscribe() : unsubscribe());
  chooseOpen(mode === 'open');
  if (mode === 'open') await worker();
  if (mode === 'push' || before === 'push') location.reload(); // the list of devices has changed
  return mode;
}

async function show(word) {
  const mode = await modeNow();
  radio(mode).checked = true;
  state.textContent = TEXTS[word ?? mode];
}

async function onChange({ target }) {
  choices.disabled = true;
  const said = await choose(target.value).catch(() => 'failed');
  choices.disabled = false;
  await show(said === target.value ? undefined : said);
  target.focus();
}

if (state && !isAble) state.textContent = TEXTS.unable;
if (choices && viewer && isAble) {
  choices.addEventListener('change', onChange);
  if (!('PushManager' in globalThis)) radio('push').disabled = true;
  choices.hidden = false;
  show(Notification.permission === 'denied' ? 'denied' : undefined).catch(() => {});
}
