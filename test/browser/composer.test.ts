import test, { type ExecutionContext } from 'ava';
import type { Route } from 'playwright-core';
import { openBrowser, openLobbyPage, Person } from '../helpers/browser.ts';
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

/** A message that is not yet, or could not be, sent. */
const pending = ({ page }: Person, text: string) => page.locator('#outbox .pending').filter({ hasText: text });
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
  check.serial(`composer: when ${name}, the message says so, and Retry posts it once`, async (t) => {
    const { ann, client } = await openAnn(t);
    await ann.page.route(POSTING, handle, { times: 1 });
    await ann.write('precious words ');
    const row = pending(ann, 'precious words');
    await row.getByText('Not sent').waitFor();
    t.is(await ann.composer().inputValue(), '');
    await row.getByRole('button', { name: 'Retry' }).click();
    await row.waitFor({ state: 'detached' });
    await ann.sees('precious words');
    t.is(await ann.composer().inputValue(), '');
    await postLast(client, ann);
    t.deepEqual(await ann.bodies(), ['precious words', 'closing words']);
    t.deepEqual(await bodiesFor(client), ['precious words', 'closing words']);
    t.deepEqual(unexpected(ann), []);
  });

check.serial('composer: Edit puts a message that failed into the field; changed it is a new one, unchanged the same', async (t) => {
  const { ann, client } = await openAnn(t);
  await ann.page.route(POSTING, loseResponse, { times: 2 });
  for (const change of ['', ' indeed']) {
    await ann.write('precious words');
    await pending(ann, 'precious words').getByRole('button', { name: 'Edit' }).click();
    t.is(await ann.composer().inputValue(), 'precious words');
    await ann.composer().press('End');
    await ann.page.keyboard.insertText(change);
    await ann.page.keyboard.press('Enter');
    await ann.message(`precious words${change}`).first().waitFor();
  }
  await postLast(client, ann);
  t.deepEqual(await bodiesFor(client), ['precious words', 'precious words', 'precious words indeed', 'closing words']);
  t.is(await ann.page.locator('#outbox .pending').count(), 0);
  t.deepEqual(unexpected(ann), []);
});

check.serial('composer: messages on their way are shown at once, failed ones in order, and the text typed since is kept', async (t) => {
  const { ann, client } = await openAnn(t);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await ann.page.route(POSTING, async (route) => {
    await released;
    await route.abort();
  });
  for (const word of ['one', 'two', 'three']) await ann.write(word);
  const rows = ann.page.locator('#outbox .pending');
  t.deepEqual(await rows.locator('.body').allInnerTexts(), ['one', 'two', 'three']);
  await ann.composer().pressSequentially('typed since');
  release();
  await pending(ann, 'three').getByText('Not sent').waitFor();
  t.is(await ann.composer().inputValue(), 'typed since');
  await ann.page.unroute(POSTING);
  await pending(ann, 'two').getByRole('button', { name: 'Discard' }).click();
  await ann.page.reload();
  await ann.live();
  t.is(await ann.composer().inputValue(), 'typed since');
  for (const word of ['one', 'three']) await pending(ann, word).getByRole('button', { name: 'Retry' }).click();
  await ann.sees('three');
  await rows.first().waitFor({ state: 'detached' });
  t.deepEqual(await bodiesFor(client), ['one', 'three']);
  t.deepEqual(unexpected(ann), []);
});

check.serial('composer: a page that is left while a message is on its way posts it once, and does not restore it', async (t) => {
  const { ann, client } = await openAnn(t);
  for (const [index, arrives] of [true, false].entries()) {
    const text = `parting words ${index}`;
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    await ann.page.route(
      POSTING,
      async (route) => {
        if (arrives) await route.fetch();
        reach();
      },
      { times: 1 },
    );
    await ann.write(text);
    await reached;
    await ann.openGroup('lobby');
    await ann.sees(text);
    await pending(ann, text).waitFor({ state: 'detached' });
    t.is(await ann.composer().inputValue(), '');
  }
  await postLast(client, ann);
  t.deepEqual(await bodiesFor(client), ['parting words 0', 'parting words 1', 'closing words']);
  t.deepEqual(unexpected(ann), []);
});

check.serial('drafts: two tabs have one each, and the draft of a closed tab is offered to the next', async (t) => {
  const { ann } = await openAnn(t);
  await ann.composer().fill('of the first');
  const second = new Person(await ann.page.context().newPage(), 'on');
  await second.openGroup('lobby');
  t.is(await second.composer().inputValue(), '');
  await second.composer().fill('of the second');
  for (const person of [ann, second]) {
    await person.page.reload();
    await person.live();
  }
  t.deepEqual([await ann.composer().inputValue(), await second.composer().inputValue()], ['of the first', 'of the second']);
  await second.go('/groups');
  await second.page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor();
  await second.page.close();
  const third = new Person(await ann.page.context().newPage(), 'on');
  await third.openGroup('lobby');
  t.is(await third.composer().inputValue(), 'of the second');
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
