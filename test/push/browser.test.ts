import test, { type ExecutionContext } from 'ava';
import type { BrowserContext, Page, Worker } from 'playwright-core';
import { openBrowser, openWindow, Person } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { devicesOf, openPushSite, type PushSite } from './site.ts';

const browser = await openBrowser({ isWhole: true });
const check = requireOrSkip(test, browser);

/**
 * A headless browser shows all tabs at once: so a test says which one is seen. And a notification that is asked for while it is on its way to the
 * desktop is lost in Chromium: so a page says when it has shown one, and is asked then.
 */
const NOTIFICATIONS = `
  let isHidden = false;
  Object.defineProperty(document, 'hidden', { get: () => isHidden });
  globalThis.turn = (hidden) => {
    isHidden = hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const { showNotification } = ServiceWorkerRegistration.prototype;
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await showNotification.call(this, title, options);
    globalThis.onNotification(options.body);
  };
`;

/** Ann at a browser with permission for notifications. `notified`: the bodies of those that her pages have shown. */
async function open(t: ExecutionContext, site: PushSite, path: string, notified: string[] = []): Promise<Person> {
  const ann = await openWindow(t, browser, site.ann, { serviceWorkers: 'allow' });
  const context = ann.page.context();
  await context.grantPermissions(['notifications'], { origin: site.url });
  await context.exposeFunction('onNotification', (body: string) => notified.push(body));
  await context.addInitScript(NOTIFICATIONS);
  await ann.page.goto(path, { waitUntil: 'domcontentloaded' });
  return ann;
}

type Shown = { readonly title: string; readonly body: string; readonly tag: string; readonly url: string };

/** The notifications that the browser shows now. */
const shown = (page: Page): Promise<Shown[]> =>
  page.evaluate<Shown[]>(`(async () => {
    const registration = await navigator.serviceWorker.getRegistration('/');
    const notices = (await registration?.getNotifications()) ?? [];
    return notices.map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }));
  })()`);

const choose = async ({ page }: Person, label: string): Promise<void> => {
  await page.getByRole('radio', { name: label }).check();
};

/** Ann, who is notified while a tab is open, in a second group with Bob. `notified`: see open. */
async function openKitchen(t: ExecutionContext) {
  const site = await openPushSite(t);
  await site.bob.json('POST', '/groups', { name: 'Kitchen' });
  await site.bob.json('POST', '/groups/kitchen/members', { action: 'add', name: 'Ann' });
  const notified: string[] = [];
  const ann = await open(t, site, '/settings', notified);
  await choose(ann, 'While Parley is open in a tab');
  await ann.page.getByText('You are notified while Parley is open in a tab.').waitFor();
  return { site, ann, notified };
}

const workerOf = async (context: BrowserContext): Promise<Worker> => context.serviceWorkers()[0] ?? context.waitForEvent('serviceworker');

/** Delivers a push message to the site's service worker through DevTools. Resolves once the worker has handled it. */
async function deliver(context: BrowserContext, page: Page, origin: string, data: object): Promise<void> {
  const devtools = await context.newCDPSession(page);
  const versions = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const found = registrations.find(({ scopeURL }) => scopeURL === `${origin}/`);
      if (found) resolve(found.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await versions;
  const worker = await workerOf(context);
  await worker.evaluate(`(() => {
    const own = notify;
    const { promise, resolve } = Promise.withResolvers();
    globalThis.dealtWith = promise;
    globalThis.notify = async (notice) => {
      globalThis.notify = own;
      await own(notice);
      resolve();
    };
  })()`);
  await devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(data) });
  await worker.evaluate('dealtWith');
}

const NOTICE = { group: 'lobby', seq: 1, author: 'Bob', title: 'Bob in Lobby', body: 'hello @Ann', tag: 'group:lobby' };

check.serial('service worker: shows a pushed notification, and a click opens the message', async (t) => {
  const site = await openPushSite(t);
  const seq = await site.postText(site.bob, 'hello @Ann');
  const ann = await open(t, site, '/settings');
  await choose(ann, 'While Parley is open in a tab');
  await ann.page.getByText('You are notified while Parley is open in a tab.').waitFor();
  const context = ann.page.context();
  const notice = { ...NOTICE, seq, url: `/groups/lobby/messages/${seq}` };
  await deliver(context, ann.page, site.url, notice);
  t.deepEqual(await shown(ann.page), [{ title: notice.title, body: notice.body, tag: notice.tag, url: notice.url }]);
  await deliver(context, ann.page, site.url, { ...notice, body: 'and again' });
  t.deepEqual(
    (await shown(ann.page)).map(({ body }) => body),
    ['and again'],
    'of one group the newest is shown',
  );

  const worker = await workerOf(context);
  // The test cannot click on the desktop, so it dispatches `notificationclick` with the shown notification.
  const opened = await worker.evaluate<string>(`new Promise(async (opened) => {
    clients.openWindow = async (url) => {
      opened(url);
      return null;
    };
    const [notification] = await registration.getNotifications();
    dispatchEvent(new NotificationEvent('notificationclick', { notification }));
  })`);
  t.is(opened, notice.url);
  t.deepEqual(await shown(ann.page), [], 'it is gone then');
  await ann.page.goto(notice.url, { waitUntil: 'domcontentloaded' });
  await ann.page.locator(`#m-${seq}`).getByText('hello @Ann').waitFor();
  t.deepEqual(ann.complaints, []);
});

check.serial('service worker: shows no notification for a group that is visible', async (t) => {
  const site = await openPushSite(t);
  const ann = await open(t, site, '/settings');
  await choose(ann, 'While Parley is open in a tab');
  await ann.page.getByText('You are notified while Parley is open in a tab.').waitFor();
  await ann.openGroup('lobby');
  const url = '/groups/lobby/messages/1';
  await deliver(ann.page.context(), ann.page, site.url, { ...NOTICE, url });
  await deliver(ann.page.context(), ann.page, site.url, { ...NOTICE, group: 'kitchen', tag: 'group:kitchen', url });
  t.deepEqual(
    (await shown(ann.page)).map(({ tag }) => tag),
    ['group:kitchen'],
  );
});

check.serial('notifications: one of several open tabs notifies, only of relevant messages in groups that are not visible', async (t) => {
  const { site, ann, notified } = await openKitchen(t);
  const [first, second] = [ann, new Person(await ann.page.context().newPage(), 'on')];
  for (const person of [first, second]) await person.openGroup('lobby');
  await site.postText(site.bob, 'nobody', 'kitchen');
  const dear = await site.postText(site.bob, 'dear @Ann', 'kitchen');
  await eventually(() => notified.length === 1);
  t.deepEqual(await shown(first.page), [
    { title: 'Bob in Kitchen', body: 'dear @Ann', tag: 'group:kitchen', url: `/groups/kitchen/messages/${dear}` },
  ]);
  await site.postText(site.bob, 'dinner, @all', 'kitchen');
  await eventually(() => notified.length === 2);
  t.deepEqual(
    (await shown(first.page)).map(({ body }) => body),
    ['dinner, @all'],
  );
  await site.postText(site.bob, 'here, @Ann');
  await first.sees('here, @Ann');
  await site.level(site.ann, 'everything', 'kitchen');
  await site.postText(site.bob, 'everything now', 'kitchen');
  await eventually(() => notified.length === 3);
  t.deepEqual(
    (await shown(first.page)).map(({ body }) => body),
    ['everything now'],
    'what is seen makes no notification',
  );

  await second.page.goto('/groups/kitchen', { waitUntil: 'domcontentloaded' });
  await second.live();
  const unread = async () => (await site.ann.get('/groups/lobby', 'application/json')).json<{ unread: number }>().unread;
  await eventually(async () => (await unread()) === 0); // a message that was visible for less than 1 s would notify now
  await first.page.evaluate('turn(true)');
  await second.page.evaluate('turn(true)');
  await eventually(() => site.server.hub.streams === 1);
  const at = await site.postText(site.bob, 'hidden, @Ann');
  await eventually(() => notified.length === 4);
  t.true((await shown(first.page)).some(({ url }) => url === `/groups/lobby/messages/${at}`));
  await site.level(site.ann, 'nothing', 'kitchen');
  await site.postText(site.bob, 'muted, @Ann', 'kitchen');
  await site.postText(site.bob, 'last, @Ann');
  await eventually(() => notified.length === 5);
  t.deepEqual(notified, ['dear @Ann', 'dinner, @all', 'everything now', 'hidden, @Ann', 'last, @Ann']);
  for (const { complaints } of [first, second]) t.deepEqual(complaints, []);
});

check.serial('notifications: one whose message cannot be read at first is shown later', async (t) => {
  const { site, ann, notified } = await openKitchen(t);
  await ann.openGroup('lobby');
  await ann.live();
  await ann.page.evaluate(`{
    const { fetch } = globalThis;
    globalThis.failures = [() => Promise.reject(new TypeError('Failed to fetch')), () => Promise.resolve(new Response('', { status: 503 }))];
    globalThis.fetch = (url, options) => (String(url).endsWith('?limit=20') && globalThis.failures.shift()?.()) || fetch(url, options);
  }`);
  await site.postText(site.bob, 'dear @Ann', 'kitchen');
  await eventually(() => notified.length === 1);
  t.deepEqual(notified, ['dear @Ann']);
  t.is(await ann.page.evaluate('globalThis.failures.length'), 0);
});

check.serial('notifications: open pages show none in quiet hours, which begin and end while they are open', async (t) => {
  const { site, ann, notified } = await openKitchen(t);
  const { clock } = ann.page.context();
  /** At a time of the page, which then counts `unread` messages. */
  const post = async (time: string, text: string, unread: number): Promise<void> => {
    await clock.setFixedTime(`2026-07-02T${time}Z`);
    await site.postText(site.bob, text, 'kitchen');
    await eventually(async () => (await ann.page.title()) === `(${unread}) Lobby · Parley`);
  };
  await ann.openGroup('lobby');
  await ann.live();
  await post('21:00', 'evening, @Ann', 1);
  await eventually(() => notified.length === 1);
  await site.ann.form('/settings/appearance', { time_zone: 'Europe/Paris', quiet_from: '22:00', quiet_to: '07:00' });
  const other = await ann.page.context().newPage();
  await other.goto('/settings', { waitUntil: 'domcontentloaded' });
  await other.close();
  await post('20:00', 'at ten, @Ann', 2);
  await post('04:59', 'at night, @Ann', 3);
  await post('05:00', 'morning, @Ann', 4);
  await eventually(() => notified.length === 2);
  await ann.openGroup('lobby');
  await ann.live();
  await post('21:00', 'late, @Ann', 5);
  await post('19:59', 'early, @Ann', 6);
  await eventually(() => notified.length === 3);
  t.deepEqual(notified, ['evening, @Ann', 'morning, @Ann', 'early, @Ann']);
  t.deepEqual(ann.complaints, []);
});

check.serial('notifications: a browser subscribes and unsubscribes in the settings', async (t) => {
  const site = await openPushSite(t);
  const device = site.service.device();
  const ann = await open(t, site, '/settings');
  // Test browsers have no push service: this one replaces it, everything else is real.
  await ann.page.addInitScript(`{
    const subscription = ${JSON.stringify(device.subscription)};
    let isOn = sessionStorage.getItem('subscribed') === 'yes';
    const made = {
      ...subscription,
      toJSON: () => subscription,
      unsubscribe: async () => {
        isOn = false;
        sessionStorage.removeItem('subscribed');
        return true;
      },
    };
    Object.assign(PushManager.prototype, {
      subscribe: async ({ applicationServerKey, userVisibleOnly }) => {
        if (!userVisibleOnly || applicationServerKey.length !== 87) throw new Error('no key');
        isOn = true;
        sessionStorage.setItem('subscribed', 'yes');
        return made;
      },
      getSubscription: async () => (isOn ? made : null),
    });
  }`);
  await ann.page.reload();
  t.true(await ann.page.getByRole('radio', { name: 'Never' }).isChecked());
  await choose(ann, 'Always, even when Parley is closed');
  const devices = ann.page.getByRole('list', { name: 'Devices that are always notified' });
  await devices.getByRole('button', { name: 'Test Chrome on Linux', exact: true }).waitFor();
  await eventually(() => ann.page.getByRole('radio', { name: 'Always' }).isChecked());
  await site.postText(site.bob, 'pushed to @Ann');
  t.deepEqual(device.bodies, ['pushed to @Ann']);
  await ann.press(devices.getByRole('button', { name: 'Test' }));
  await ann.page.getByText('Test notification sent. It should appear on that device in a moment.').waitFor();
  t.is(device.got.length, 2);
  await choose(ann, 'Never');
  await devices.waitFor({ state: 'detached' });
  t.deepEqual((await devicesOf(site.ann)).devices, []);
  t.deepEqual(ann.complaints, []);
});

check.serial('notifications: the settings say when a browser does not support them, as without HTTPS', async (t) => {
  const site = await openPushSite(t);
  const ann = await open(t, site, '/groups');
  await ann.page.addInitScript('delete globalThis.Notification');
  await ann.page.goto('/settings', { waitUntil: 'domcontentloaded' });
  await ann.page.getByText('Not available in this browser').waitFor();
  t.is(await ann.page.getByRole('radio').count(), 0);
  t.deepEqual(ann.complaints, []);
});

check.serial('notifications: a group page offers them once, after the first mention', async (t) => {
  const site = await openPushSite(t);
  const ann = await open(t, site, '/groups/lobby');
  // Headless Chromium denies notifications by default: this resets the permission to `prompt`.
  await ann.page.addInitScript("Object.defineProperty(Notification, 'permission', { get: () => 'default' })");
  await ann.openGroup('lobby');
  await site.postText(site.bob, 'hello @Ann');
  const hint = ann.page.getByText('You were mentioned.');
  await hint.waitFor();
  await ann.page.getByRole('button', { name: 'Not now' }).click();
  await ann.openGroup('lobby');
  await ann.sees('hello @Ann');
  t.is(await hint.count(), 0);
});

check.serial('notifications: the tab icon has a dot while there are unread messages', async (t) => {
  const site = await openPushSite(t);
  await site.bob.json('POST', '/groups', { name: 'Kitchen' });
  await site.bob.json('POST', '/groups/kitchen/members', { action: 'add', name: 'Ann' });
  const ann = await open(t, site, '/groups/lobby');
  await ann.live();
  const icon = () => ann.page.locator('link[rel="icon"]').getAttribute('href');
  t.regex((await icon()) ?? '', /icon\.svg$/);
  await site.postText(site.bob, '@Ann!', 'kitchen');
  await eventually(async () => (await ann.page.title()) === '(1) Lobby · Parley');
  t.regex((await icon()) ?? '', /icon-dot\.svg$/);
  await site.ann.json('POST', '/groups/kitchen/read');
  await eventually(async () => (await ann.page.title()) === 'Lobby · Parley');
  t.regex((await icon()) ?? '', /icon\.svg$/);
});
