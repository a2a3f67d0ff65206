import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { openBrowser, openWindow, type Person } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { bodiesFor, newGroup, openLobby, postAs, userNamed } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** The paths of the pages that the browser keeps, newest last. */
const kept = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(async () => {
    const names = (await caches.keys()).filter((name) => name.includes(':pages:'));
    const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return keys.flat().map(({ url }) => new URL(url).pathname);
  })()`);

const isKept = (page: Page, ...paths: string[]): Promise<void> =>
  eventually(async () => (await kept(page)).toSorted().join() === paths.toSorted().join());

/** A page that the service worker controls. */
async function openInstalled(t: ExecutionContext, client: Parameters<typeof openWindow>[2], options = {}): Promise<Person> {
  const person = await openWindow(t, browser, client, { serviceWorkers: 'allow', ...options });
  await person.openGroup('lobby');
  await person.page.evaluate('navigator.serviceWorker.ready');
  return person;
}

check.serial('offline: a group is shown as it was, other pages lead to what is kept, and both come back with the network', async (t) => {
  const { ann, bob } = await openLobby(t);
  await postAs(ann, 'hello', await newGroup(ann, 'Kitchen')); // the page of an empty group shows an invitation, which is a secret
  await newGroup(ann, 'Cellar');
  await postAs(bob, 'before the tunnel');
  const person = await openInstalled(t, ann);
  const { page } = person;
  await isKept(page, '/groups/lobby');
  for (const path of ['/settings', '/groups/kitchen/settings', '/groups/lobby?before=2', '/admin', '/groups/cellar']) await person.go(path);
  await person.openGroup('kitchen');
  await isKept(page, '/groups/lobby', '/groups/kitchen');

  await page.context().setOffline(true);
  await person.go('/settings');
  await page.getByRole('heading', { name: 'You are offline', level: 1 }).waitFor();
  t.deepEqual(await page.getByRole('list', { name: 'Kept on this device' }).getByRole('link').allInnerTexts(), ['Kitchen', 'Lobby']);
  await person.press(page.getByRole('link', { name: 'Lobby' }));
  await page.getByText(/^You are offline\. This is how it was at \d\d:\d\d( [AP]M)?\.$/).waitFor();
  await person.sees('before the tunnel');
  t.is(await page.evaluate("getComputedStyle(document.body).display !== '' && document.styleSheets.length > 0"), true);
  t.is(await person.message('before the tunnel').getByLabel('Actions').isVisible(), false, 'nothing can be changed');

  await postAs(bob, 'after the tunnel');
  await page.context().setOffline(false);
  await person.sees('after the tunnel');
  await page.getByText('You are offline').waitFor({ state: 'detached' });
  await page.context().setOffline(true);
  await person.go('/groups');
  await page.getByRole('heading', { name: 'You are offline', level: 1 }).waitFor();
  await page.context().setOffline(false);
  await page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor();
  t.deepEqual(
    person.complaints.filter((text) => !text.includes('Failed to fetch')), // the stream's, while there is no network
    [],
  );
});

check.serial(
  'offline: what is kept belongs to one session, and is gone after log-out, for another person, and when the session has ended',
  async (t) => {
    const { ann, bob } = await openLobby(t);
    await postAs(bob, 'hello');
    const person = await openInstalled(t, ann);
    const { page } = person;
    await isKept(page, '/groups/lobby');
    await page.addInitScript("Navigator.prototype.clearAppBadge = async () => void (globalThis.badge = 'none')");
    await person.press(page.getByRole('button', { name: 'Log out' }));
    await page.getByText('You are logged out.').waitFor();
    await eventually(() => page.evaluate<boolean>("globalThis.badge === 'none'"));
    t.deepEqual(await kept(page), []);
    await page.context().setOffline(true);
    await person.go('/groups/lobby');
    await page.getByRole('heading', { name: 'You are offline', level: 1 }).waitFor();
    t.is(await page.getByRole('main').getByRole('link', { name: 'Lobby' }).count(), 0);
    await page.context().setOffline(false);

    await person.fillIn('Log in', 'Bob'); // the page leads to the log-in by itself
    await person.live();
    await isKept(page, '/groups/lobby');
    await bob.form('/settings/logout-everywhere', {});
    await page.getByText('You have been logged out.').waitFor();
    await isKept(page);
  },
);

check.serial('offline: a group that the person was removed from is not kept', async (t) => {
  const { core, ann, bob } = await openLobby(t);
  const slug = await newGroup(ann, 'Kitchen', ['Bob']);
  for (const group of ['lobby', slug]) await postAs(ann, 'hello', group);
  const person = await openInstalled(t, bob);
  await person.openGroup(slug);
  await isKept(person.page, '/groups/lobby', `/groups/${slug}`);
  const { id } = await userNamed(core, 'Bob');
  await ann.json('POST', `/groups/${slug}/members`, { action: 'remove', user: id });
  await isKept(person.page, '/groups/lobby');
  t.deepEqual(person.complaints, []);
});

check.serial('offline: a message written without the network waits, and is sent once when it is back, from whatever page', async (t) => {
  const { ann, bob } = await openLobby(t);
  await postAs(ann, 'hello', await newGroup(ann, 'Kitchen', ['Bob']));
  await postAs(bob, 'hello');
  const person = await openInstalled(t, ann);
  const { page } = person;
  await isKept(page, '/groups/lobby');
  await page.context().setOffline(true);
  await person.write('from the open page');
  const waits = page.getByText('Waits for the network.');
  await waits.waitFor();
  await page.reload({ waitUntil: 'commit' });
  await page.getByText(/^You are offline/).waitFor();
  await waits.waitFor();
  await person.write('from the kept page');
  await eventually(async () => (await waits.count()) === 2);
  await page.context().setOffline(false);
  await person.sees('from the kept page');
  await person.sees('from the open page');
  await page.getByText('You are offline').waitFor({ state: 'detached' });
  await person.live();
  t.is(await waits.count(), 0);

  await page.context().setOffline(true);
  await person.write('from the tunnel');
  await waits.waitFor();
  await person.go('/settings');
  await page.getByRole('heading', { name: 'You are offline', level: 1 }).waitFor();
  await page.context().setOffline(false);
  await page.getByText('Your message in Lobby was sent').waitFor();
  const texts = (await bodiesFor(bob)).filter((body) => body.startsWith('from'));
  t.deepEqual(texts.toSorted(), ['from the kept page', 'from the open page', 'from the tunnel'], 'each once');

  // One that the group refuses meanwhile, as a tab has left it that was closed.
  await ann.json('POST', '/groups/kitchen/settings', { action: 'archive', on: '1' });
  const left = { key: 'too-late', text: 'too late', at: 0, tab: 'closed', waits: true };
  const viewer = await page.locator('body').getAttribute('data-viewer');
  await page.evaluate(`localStorage.setItem('draft:${viewer}:/groups/kitchen/messages', '${JSON.stringify([left])}')`);
  await page.reload({ waitUntil: 'commit' });
  await page.getByText('Your message in Kitchen was not sent: This group is archived and read-only.').waitFor();
});

check.serial('offline: pages, their script and the line above them are in the language that the person has chosen', async (t) => {
  const { ann, bob } = await openLobby(t);
  await postAs(bob, 'bonjour');
  t.is((await ann.form('/settings/appearance', { language: 'fr' })).status, 303);
  const { page } = await openWindow(t, browser, ann, { serviceWorkers: 'allow' });
  await page.goto('/groups/lobby', { waitUntil: 'commit' });
  await page.getByText('connecté', { exact: true }).waitFor();
  await page.evaluate('navigator.serviceWorker.ready');
  await isKept(page, '/groups/lobby');
  await page.context().setOffline(true);
  await page.goto('/groups/lobby', { waitUntil: 'commit' });
  await page.getByText(/^Vous êtes hors connexion\. Voici l’état à \d\d:\d\d\.$/).waitFor();
  await page.locator('#body').fill('depuis le tunnel');
  await page.keyboard.press('Enter');
  await page.getByText('En attente du réseau.').waitFor();
  await page.goto('/settings', { waitUntil: 'commit' });
  await page.locator('html[lang="fr"] #kept a').first().waitFor();
});

for (const [way, serviceWorkers, script] of [
  ['the service worker keeps the files', 'allow', 'on'],
  ['without JavaScript the files are chosen again', 'block', 'off'],
] as const)
  check.serial(`share: what another app shares is posted in the chosen group; ${way}`, async (t) => {
    const { ann, bob, url } = await openLobby(t);
    await newGroup(ann, 'Kitchen');
    const person = await openWindow(t, browser, ann, { serviceWorkers, script });
    const { page } = person;
    await page.goto('/share', { waitUntil: 'domcontentloaded' });
    if (script === 'on') await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
    // As the system does: a form that navigates to the action of the manifest's share_target.
    await page.setContent(`<form method="post" enctype="multipart/form-data" action="${url}/share">
      <input name="title" value="Timetable"><input name="text" value="of the ferry"><input name="url" value="https://example.org/t">
      <input type="file" name="attachment"><button>Go</button></form>`);
    await page.locator('[type="file"]').setInputFiles({ name: 'pier 2.txt', mimeType: 'text/plain', buffer: Buffer.from('8:40') });
    await person.press(page.getByRole('button', { name: 'Go' }));
    await page.getByRole('heading', { name: 'Share', level: 1 }).waitFor();
    const message = page.getByRole('textbox', { name: 'Message' });
    await eventually(async () => (await message.inputValue()) === 'Timetable\nof the ferry\nhttps://example.org/t');
    const files = page.getByLabel('Files');
    if (script === 'on') await eventually(() => page.evaluate<boolean>('document.getElementById("files").files.length === 1'));
    else await page.getByText('1 file could not be taken over. Choose it again.').waitFor();
    if (script === 'off') await files.setInputFiles({ name: 'pier 2.txt', mimeType: 'text/plain', buffer: Buffer.from('8:40') });
    await person.press(page.getByRole('button', { name: 'Lobby' }));
    await page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
    const [posted] = (await bob.get('/groups/lobby/messages', 'application/json')).json<
      { body: string; attachments: { name: string }[] }[]
    >();
    t.like(posted, { body: 'Timetable\nof the ferry\nhttps://example.org/t', attachments: [{ name: 'pier 2.txt' }] });
    t.deepEqual(person.complaints, []);
  });
