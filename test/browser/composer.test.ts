import test, { type ExecutionContext } from 'ava';
import type { Route } from 'playwright-core';
import { openBrowser, openLobbyPage, type Person } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { bodiesFor, postAs } from '../helpers/fixtures.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

const POSTING = '**/groups/lobby/messages';

/** Ann, the only user, at the page of Lobby. */
async function openAnn(t: ExecutionContext): Promise<{ site: TestServer; ann: Person; client: Client }> {
  const site = await startServerFor(t);
  const client = await site.signUp('Ann');
  return { site, client, ann: await openLobbyPage(t, browser, client) };
}

const composerError = ({ page }: Person) => page.locator('#composer-error');

/** Posts a last message and waits until the pages show it: by then they show every message before it. */
async function postLast(client: Client, ...people: Person[]): Promise<void> {
  await postAs(client, 'closing words');
  for (const person of people) await person.sees('closing words');
}

check.serial('composer: five messages sent in quick succession arrive once each and in order, on both pages', async (t) => {
  const { site, ann, client } = await openAnn(t);
  const other = await site.signUpInLobby('Bob');
  const bob = await openLobbyPage(t, browser, other);
  const said = ['one', 'two', 'three', 'four', 'five'];
  await ann.composer().focus();
  for (const word of said) {
    await ann.page.keyboard.insertText(word);
    await ann.page.keyboard.press('Enter');
  }
  await bob.sees('five');
  await ann.sees('five');
  await postLast(other, ann, bob);
  for (const person of [ann, bob]) t.deepEqual(await person.bodies(), [...said, 'closing words']);
  t.deepEqual(await bodiesFor(client), [...said, 'closing words']);
  t.is(await ann.page.evaluate('document.activeElement.id'), 'body', 'the field keeps the focus');
  t.deepEqual([...ann.complaints, ...bob.complaints], []);
});

check.serial('composer: Shift+Enter inserts a line break', async (t) => {
  const { ann } = await openAnn(t);
  await ann.composer().focus();
  await ann.page.keyboard.insertText('first line');
  await ann.page.keyboard.press('Shift+Enter');
  await ann.page.keyboard.insertText('second line');
  t.deepEqual(await ann.bodies(), [], 'nothing is sent yet');
  await ann.page.keyboard.press('Enter');
  await ann.sees('second line');
  t.deepEqual(await ann.bodies(), ['first line\nsecond line']);
  t.deepEqual(ann.complaints, []);
});

check.serial('composer: text typed while a message is being sent is kept', async (t) => {
  const { ann } = await openAnn(t);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await ann.page.route(POSTING, async (route) => {
    await released;
    await route.continue();
  });
  const isUnderWay = ann.page.waitForRequest(POSTING);
  await ann.write('slow');
  await isUnderWay;
  t.is(await ann.composer().inputValue(), '', 'the field is emptied at once');
  await ann.composer().pressSequentially('meanwhile');
  release();
  await ann.sees('slow');
  t.is(await ann.composer().inputValue(), 'meanwhile');
  await ann.page.keyboard.press('Enter');
  await ann.sees('meanwhile');
  t.deepEqual(await ann.bodies(), ['slow', 'meanwhile']);
  t.deepEqual(ann.complaints, []);
});

/** Console errors other than those of the failures that the test causes. */
const unexpected = ({ complaints }: Person): string[] =>
  complaints.filter((text) => !/status of 50[03]|htmx:error: Failed to fetch/.test(text));

type Failure = { readonly name: string; readonly handle: (route: Route) => Promise<void> };

const loseResponse = async (route: Route): Promise<void> => {
  await route.fetch();
  await route.abort();
};

const FAILURES: readonly Failure[] = [
  { name: 'the network is gone', handle: (route) => route.abort() },
  { name: 'the server answers 500', handle: (route) => route.fulfill({ status: 500, body: 'oh' }) },
  { name: 'the server answers 503', handle: (route) => route.fulfill({ status: 503, body: 'later' }) },
  { name: 'the server takes it but its answer is lost', handle: loseResponse },
];

for (const { name, handle } of FAILURES)
  check.serial(`composer: when ${name}, the text is restored, and sending it again posts it once`, async (t) => {
    const { ann, client } = await openAnn(t);
    await ann.page.route(POSTING, handle, { times: 1 });
    await ann.write('precious words ');
    await composerError(ann).getByText('Not sent').waitFor();
    t.is(await ann.composer().inputValue(), 'precious words ');
    await ann.page.keyboard.press('Enter');
    await ann.sees('precious words');
    t.is(await composerError(ann).textContent(), '');
    t.is(await ann.composer().inputValue(), '');
    await postLast(client, ann);
    t.deepEqual(await ann.bodies(), ['precious words', 'closing words']);
    t.deepEqual(await bodiesFor(client), ['precious words', 'closing words']);
    t.deepEqual(unexpected(ann), []);
  });

check.serial('composer: a restored text that is changed is a new message, whether the first was posted or not', async (t) => {
  const { ann, client } = await openAnn(t);
  await ann.page.route(POSTING, loseResponse, { times: 1 });
  await ann.write('precious words');
  await composerError(ann).getByText('Not sent').waitFor();
  await ann.composer().press('End');
  await ann.composer().pressSequentially(' indeed');
  await ann.page.keyboard.press('Enter');
  await ann.sees('precious words indeed');
  t.deepEqual(await bodiesFor(client), ['precious words', 'precious words indeed']);
  t.deepEqual(unexpected(ann), []);
});

check.serial('composer: several failed messages are restored in order, before text typed since', async (t) => {
  const { ann } = await openAnn(t);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await ann.page.route(POSTING, async (route) => {
    await released;
    await route.abort();
  });
  for (const word of ['one', 'two', 'three']) await ann.write(word);
  await ann.composer().pressSequentially('typed since');
  release();
  await ann.page.locator('#composer:not(.htmx-request)').waitFor();
  t.is(await ann.composer().inputValue(), 'one\ntwo\nthree\ntyped since');
  t.deepEqual(unexpected(ann), []);
});

check.serial('composer: a blank message shows an error at the field, and the next message is posted', async (t) => {
  const { ann, client } = await openAnn(t);
  await ann.write('   ');
  await composerError(ann).getByText('Message is empty').waitFor();
  t.deepEqual(await bodiesFor(client), []);
  await ann.composer().fill('something');
  t.is(await composerError(ann).textContent(), '', 'typing removes the error');
  await ann.page.keyboard.press('Enter');
  await ann.sees('something');
  t.deepEqual(await bodiesFor(client), ['something']);
  t.deepEqual(ann.complaints, []);
});

check.serial('composer: a failed edit or reaction shows an error, loses nothing, and works the second time', async (t) => {
  const { ann } = await openAnn(t);
  await ann.write('Helo');
  await ann.sees('Helo');
  const row = ann.log().locator('article');
  const failing = (path: string) => ann.page.route(path, (route) => route.fulfill({ status: 503, body: 'later' }), { times: 1 });
  await (await ann.actions('Helo')).getByRole('link', { name: 'Edit' }).click();
  await row.getByRole('textbox').fill('Hello');
  await failing('**/edit');
  await row.getByRole('button', { name: 'Save' }).click();
  await row.getByText('The server did not answer.').waitFor();
  t.is(await row.getByRole('textbox').inputValue(), 'Hello');
  await row.getByRole('button', { name: 'Save' }).click();
  await row.getByText('edited').waitFor();

  await failing('**/reactions');
  await (await ann.actions('Hello')).getByRole('button', { name: '🎉' }).click();
  await composerError(ann).getByText('The server did not answer.').waitFor();
  await (await ann.actions('Hello')).getByRole('button', { name: '🎉' }).click();
  await row.getByRole('button', { name: '🎉 1' }).waitFor();
  t.is(await composerError(ann).textContent(), '');
  t.deepEqual(unexpected(ann), []);
});
