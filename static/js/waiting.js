// Messages that were written without the network, or whose page was left before they were sent, in groups that this page does not show: sent as soon as
// any page has the network, each with its key, so that it is posted once. Those of the page's own group are the composer's.
import { announce, ask, attempt, field, t, tab, viewer } from './dom.js';

const PREFIX = `draft:${viewer}:`;
const own = field && PREFIX + new URL(field.form.action).pathname;
const isKept = document.documentElement.hasAttribute('data-kept');

const read = (name) => attempt(() => JSON.parse(localStorage.getItem(name))) ?? [];
const write = (name, all) =>
  attempt(() => (all.length === 0 ? localStorage.removeItem(name) : localStorage.setItem(name, JSON.stringify(all))));
const names = () => attempt(() => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX) && name.endsWith('/messages'))) ?? [];

/** Of another tab: longer than a request takes. */
const ABANDONED_MS = 60_000;
/** Later, the person decides whether it is still to be sent. */
const RESENT_MS = 600_000;
const isLeft = (one, age) => !one.isFailed && age < RESENT_MS && (one.tab === tab || age > ABANDONED_MS);
const isToBeSent = (one) => !one.hasFiles && (one.waits || isLeft(one, Date.now() - one.at));

const LATER = new Set([401, 408, 429]);

/** Sends what waits in one group, until something cannot be sent now. One that is refused is shown with the reason when the group is opened. */
async function sendAll(name) {
  const path = name.slice(PREFIX.length);
  const group = document.querySelector(`#sidebar a[href="${CSS.escape(path.replace(/\/messages$/, ''))}"]`)?.firstChild.textContent;
  for (const { key, text, replyTo } of read(name).filter(isToBeSent)) {
    const answer = await ask(path, {
      method: 'POST',
      body: new URLSearchParams({ key, body: text, ...(replyTo && { reply_to: replyTo }) }),
    });
    if (answer.status >= 500 || LATER.has(answer.status)) return;
    const why = answer.ok ? '' : (await answer.json()).detail;
    const end = (one) => (answer.ok ? [] : [{ ...one, waits: false, isFailed: true, why }]);
    write(
      name,
      read(name).flatMap((one) => (one.key === key ? end(one) : [one])),
    );
    announce(answer.ok ? sentText(group) : refusedText(group, why), true);
  }
}

const sentText = (group) => (group ? t('Your message in {1} was sent', group) : t('Your message was sent'));
const refusedText = (group, why) =>
  group ? t('Your message in {1} was not sent: {2}', group, why) : t('Your message was not sent: {1}', why);

const send = () =>
  navigator.locks?.request('parley-waiting', { ifAvailable: true }, async (lock) => {
    if (lock) for (const name of names()) if (name !== own) await sendAll(name);
  });

if (viewer && !isKept) {
  addEventListener('online', () => send()?.catch(() => {}));
  if (navigator.onLine) send()?.catch(() => {});
}
