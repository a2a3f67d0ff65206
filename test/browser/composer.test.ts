import test, { type ExecutionContext } from 'ava';
import type { Route } from 'playwright-core';
import { openBrowser, Person } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

const POSTING = '**/groups/lobby/messages';

/** Someone whom a client has signed in, at a page of Lobby. */
async function sitDown(t: ExecutionContext, site: TestServer, client: Client): Promise<Person> {
  const person = await Person.open(present(browser), site, 'on');
  t.teardown(() => person.close());
  await person.page.context().addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: site.url })));
  await person.openGroup('lobby');
  return person;
}

async function annAlone(t: ExecutionContext): Promise<{ site: TestServer; ann: Person; client: Client }> {
  const site = await startServer();
  t.teardown(site.close);
  const client = await site.signUp('Ann');
  return { site, client, ann: await sitDown(t, site, client) };
}

const composer = ({ page }: Person) => page.getByRole('textbox', { name: 'Message' });
const trouble = ({ page }: Person) => page.locator('#composer-error');
const bodies = (person: Person): Promise<string[]> => person.log().locator('article .body').allInnerTexts();

async function stored(client: Client): Promise<string[]> {
  const answer = await client.get('/groups/lobby/messages', 'application/json');
  return answer.json<{ body: string }[]>().map(({ body }) => body);
}

/** Another client speaks last: once its words are seen, so is all that came before. */
async function closing(client: Client, ...people: Person[]): Promise<void> {
  await client.json('POST', '/groups/lobby/messages', { body: 'closing words' });
  for (const person of people) await person.sees('closing words');
}

check.serial('composer: five messages sent in quick succession arrive once each and in order, on both pages', async (t) => {
  const { site, ann, client } = await annAlone(t);
  const other = await site.signUp('Bob');
  await other.form('/groups/join', { slug: 'lobby' });
  const bob = await sitDown(t, site, other);
  const said = ['one', 'two', 'three', 'four', 'five'];
  await composer(ann).focus();
  for (const word of said) {
    await ann.page.keyboard.insertText(word);
    await ann.page.keyboard.press('Enter');
  }
  await bob.sees('five');
  await ann.sees('five');
  await closing(other, ann, bob);
  for (const person of [ann, bob]) t.deepEqual(await bodies(person), [...said, 'closing words']);
  t.deepEqual(await stored(client), [...said, 'closing words']);
  t.is(await ann.page.evaluate('document.activeElement.id'), 'body', 'the writer is still in the field');
  t.deepEqual([...ann.complaints, ...bob.complaints], []);
});

check.serial('composer: Shift+Enter inserts a line break', async (t) => {
  const { ann } = await annAlone(t);
  await composer(ann).focus();
  await ann.page.keyboard.insertText('first line');
  await ann.page.keyboard.press('Shift+Enter');
  await ann.page.keyboard.insertText('second line');
  t.deepEqual(await bodies(ann), [], 'nothing is sent yet');
  await ann.page.keyboard.press('Enter');
  await ann.sees('second line');
  t.deepEqual(await bodies(ann), ['first line\nsecond line']);
  t.deepEqual(ann.complaints, []);
});

check.serial('composer: text typed while a message is being sent is kept', async (t) => {
  const { ann } = await annAlone(t);
  const { promise: mayGo, resolve: letGo } = Promise.withResolvers<void>();
  await ann.page.route(POSTING, async (route) => {
    await mayGo;
    await route.continue();
  });
  const isUnderWay = ann.page.waitForRequest(POSTING);
  await ann.write('slow');
  await isUnderWay;
  t.is(await composer(ann).inputValue(), '', 'the field is empty as soon as one sends');
  await composer(ann).pressSequentially('meanwhile');
  letGo();
  await ann.sees('slow');
  t.is(await composer(ann).inputValue(), 'meanwhile');
  await ann.page.keyboard.press('Enter');
  await ann.sees('meanwhile');
  t.deepEqual(await bodies(ann), ['slow', 'meanwhile']);
  t.deepEqual(ann.complaints, []);
});

/** Complaints other than of the failures that a test made on purpose. */
const unexpected = ({ complaints }: Person): string[] =>
  complaints.filter((text) => !/status of 50[03]|htmx:error: Failed to fetch/.test(text));

type Failure = { readonly name: string; readonly happen: (route: Route) => Promise<void> };

const losingTheAnswer = async (route: Route): Promise<void> => {
  await route.fetch();
  await route.abort();
};

const FAILURES: readonly Failure[] = [
  { name: 'the network is gone', happen: (route) => route.abort() },
  { name: 'the server answers 500', happen: (route) => route.fulfill({ status: 500, body: 'oh' }) },
  { name: 'the server answers 503', happen: (route) => route.fulfill({ status: 503, body: 'later' }) },
  { name: 'the server takes it but its answer is lost', happen: losingTheAnswer },
];

for (const { name, happen } of FAILURES)
  check.serial(`when ${name}, the text is restored, and sending it again posts it once`, async (t) => {
    const { ann, client } = await annAlone(t);
    await ann.page.route(POSTING, happen, { times: 1 });
    await ann.write('precious words ');
    await trouble(ann).getByText('Not sent').waitFor();
    t.is(await composer(ann).inputValue(), 'precious words ');
    await ann.page.keyboard.press('Enter');
    await ann.sees('precious words');
    t.is(await trouble(ann).textContent(), '');
    t.is(await composer(ann).inputValue(), '');
    await closing(client, ann);
    t.deepEqual(await bodies(ann), ['precious words', 'closing words']);
    t.deepEqual(await stored(client), ['precious words', 'closing words']);
    t.deepEqual(unexpected(ann), []);
  });

check.serial('composer: a restored text that is changed is a new message, whether the first was posted or not', async (t) => {
  const { ann, client } = await annAlone(t);
  await ann.page.route(POSTING, losingTheAnswer, { times: 1 });
  await ann.write('precious words');
  await trouble(ann).getByText('Not sent').waitFor();
  await composer(ann).press('End');
  await composer(ann).pressSequentially(' indeed');
  await ann.page.keyboard.press('Enter');
  await ann.sees('precious words indeed');
  t.deepEqual(await stored(client), ['precious words', 'precious words indeed']);
  t.deepEqual(unexpected(ann), []);
});

check.serial('composer: several failed messages are restored in order, before text typed since', async (t) => {
  const { ann } = await annAlone(t);
  const { promise: mayGo, resolve: letGo } = Promise.withResolvers<void>();
  await ann.page.route(POSTING, async (route) => {
    await mayGo;
    await route.abort();
  });
  for (const word of ['one', 'two', 'three']) await ann.write(word);
  await composer(ann).pressSequentially('typed since');
  letGo();
  await ann.page.locator('#composer:not(.htmx-request)').waitFor();
  t.is(await composer(ann).inputValue(), 'one\ntwo\nthree\ntyped since');
  t.deepEqual(unexpected(ann), []);
});

check.serial('composer: a blank message shows an error at the field, and the next message is posted', async (t) => {
  const { ann, client } = await annAlone(t);
  await ann.write('   ');
  await trouble(ann).getByText('Message is empty').waitFor();
  t.deepEqual(await stored(client), []);
  await composer(ann).fill('something');
  t.is(await trouble(ann).textContent(), '', 'the words go as soon as one types');
  await ann.page.keyboard.press('Enter');
  await ann.sees('something');
  t.deepEqual(await stored(client), ['something']);
  t.deepEqual(ann.complaints, []);
});

check.serial('composer: a failed edit or reaction shows an error, loses nothing, and works the second time', async (t) => {
  const { ann } = await annAlone(t);
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
  await trouble(ann).getByText('The server did not answer.').waitFor();
  await row.getByRole('button', { name: '🎉' }).click();
  await row.getByRole('button', { name: '🎉 1' }).waitFor();
  t.is(await trouble(ann).textContent(), '');
  t.deepEqual(unexpected(ann), []);
});
