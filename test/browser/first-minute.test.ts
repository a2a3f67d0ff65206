import test from 'ava';
import { openBrowser, openLobbyPage, openWindow } from '../helpers/browser.ts';
import { newGroup } from '../helpers/fixtures.ts';
import { startServerFor } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

for (const script of ['on', 'off'] as const) {
  check.serial(`sign-up: with JavaScript ${script}, it leads into Lobby, where the field has the focus`, async (t) => {
    const site = await startServerFor(t);
    for (const name of ['Ann', 'Bob']) {
      const person = await openWindow(t, browser, site.client(), { script });
      await person.signUp(name);
      await person.page.getByText(`Welcome, ${name}.`).waitFor();
      t.is(new URL(person.page.url()).pathname, '/groups/lobby');
      await person.page.locator('#body:focus').waitFor();
      await person.page.keyboard.type(`Hello from ${name}`);
      await person.page.getByRole('button', { name: 'Send', exact: true }).click({ noWaitAfter: true });
      await person.sees(`Hello from ${name}`);
      t.deepEqual(person.complaints, []);
    }
  });

  check.serial(`an empty group: with JavaScript ${script}, it says how to begin, until somebody writes`, async (t) => {
    const site = await startServerFor(t);
    const ann = await openLobbyPage(t, browser, await site.signUp('Ann'), { script });
    const begin = ann.page.getByRole('region', { name: /Begin like this/ });
    t.regex(await begin.getByLabel('Invitation link').inputValue(), /^http:.*\/join\/\S+$/);
    await begin.getByRole('img', { name: 'QR code of the invitation link' }).waitFor();
    const bob = await openLobbyPage(t, browser, await site.signUpInLobby('Bob'), { script });
    t.is(await bob.page.getByLabel('Address').inputValue(), site.url);
    t.is(await bob.page.getByRole('button', { name: 'Create' }).count(), 0, 'Bob does not manage the group');
    await ann.press(begin.getByRole('button', { name: 'Create' }));
    await ann.page.getByText(/^curl -d/).waitFor();
    await bob.press(bob.page.getByRole('link', { name: 'Write the first message' }));
    await bob.page.locator('#body:focus').waitFor();
    await bob.write('Hello');
    await bob.sees('Hello');
    await bob.page.getByLabel('Address').waitFor({ state: 'hidden' });
    await ann.openGroup('lobby');
    t.is(await begin.count(), 0);
    t.deepEqual([...ann.complaints, ...bob.complaints], []);
  });
}

check.serial('copy: the buttons beside links, secrets and commands copy them, with and without a clipboard interface', async (t) => {
  const site = await startServerFor(t);
  const ann = await openWindow(t, browser, await site.signUp('Ann'));
  await ann.page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.url });
  const clipboard = (): Promise<string> => ann.page.evaluate('navigator.clipboard.readText()');
  for (const path of ['/groups/lobby', '/groups/lobby/settings']) {
    await ann.go(path);
    const link = await ann.page.getByLabel('Invitation link').inputValue();
    await ann.page.getByRole('button', { name: 'Copy Invitation link' }).click();
    await ann.page.getByText('Copied.').waitFor();
    t.is(await clipboard(), link);
  }
  await ann.go('/groups/lobby/bots');
  await ann.page.getByLabel('Bot name').fill('Robot');
  await ann.page.getByRole('button', { name: 'Create' }).click();
  await ann.page.getByRole('button', { name: 'Copy the command' }).click();
  await ann.page.getByText('Copied.').waitFor();
  t.regex(await clipboard(), /^curl -d "Hello from Robot" http:\S+$/);
  await ann.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })");
  const token = ann.page.getByLabel('Bearer token');
  await ann.page.getByRole('button', { name: 'Copy Bearer token' }).click();
  await ann.page.evaluate('delete navigator.clipboard');
  t.is(await clipboard(), await token.inputValue());
  t.deepEqual(ann.complaints, []);
});

for (const [path, form, fields, focused] of [
  ['/direct', 'Write to somebody', { with: 'nobody' }, '#with'],
  ['/groups', 'Join a group', { code: 'no such code' }, '#join-code'],
  ['/groups', 'Create a group', { name: '' }, '#create-name'],
] as const)
  check.serial(`forms: an error of the form ${form} is beside its field, which has the focus`, async (t) => {
    const site = await startServerFor(t);
    const ann = await openWindow(t, browser, await site.signUp('Ann'));
    await ann.go(path);
    const shown = ann.page.getByRole('form', { name: form });
    await shown.evaluate((one) => one.setAttribute('novalidate', ''));
    for (const [name, value] of Object.entries(fields)) await shown.locator(`[name="${name}"]`).fill(value);
    await shown.getByRole('button').last().click();
    await shown.getByRole('alert').waitFor();
    await ann.page.locator(`${focused}:focus`).waitFor();
    t.true(await shown.getByRole('alert').isVisible());
  });

check.serial('an empty conversation: direct messages say only that there are none', async (t) => {
  const site = await startServerFor(t);
  const [ann] = [await site.signUp('Ann'), await site.signUp('Bob')];
  const den = await newGroup(ann, 'Den');
  const person = await openWindow(t, browser, ann);
  await person.openGroup(den);
  await person.page.getByRole('heading', { name: 'Invite people' }).waitFor();
  const { url } = (await ann.json('POST', '/direct', { with: 'Bob' })).json<{ url: string }>();
  await person.go(url);
  await person.page.getByText('No messages yet.').waitFor();
  t.is(await person.page.getByRole('heading', { name: 'Invite people' }).count(), 0);
});

check.serial('an empty group: on a phone without JavaScript, the live messages are above the composer, not behind it', async (t) => {
  const site = await startServerFor(t);
  const { page } = await openLobbyPage(t, browser, await site.signUp('Ann'), { script: 'off' });
  for (const height of [800, 640]) {
    await page.setViewportSize({ width: 390, height });
    const live = await page.getByTitle('Live messages').boundingBox();
    const composer = await page.locator('#composer').boundingBox();
    t.true(live !== null && live.height >= 80, `${live?.height} px of ${height}`);
    t.true(live !== null && composer !== null && live.y + live.height <= composer.y, `${JSON.stringify({ live, composer })} of ${height}`);
  }
});
