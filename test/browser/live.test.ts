import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openBrowser, Person } from '../helpers/browser.ts';
import { Client } from '../helpers/client.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

/** A browser with a client's cookies, nowhere yet. */
async function arrive(t: ExecutionContext, site: Pick<TestServer, 'url'>, client: Client): Promise<Person> {
  const person = await Person.open(present(browser), site, 'on');
  t.teardown(() => person.close());
  await person.page.context().addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: site.url })));
  return person;
}

/** Ann, the administrator, at a page of Lobby, and Bob, who is in it by other means. */
async function annAndBob(t: ExecutionContext): Promise<{ site: TestServer; ann: Person; annElsewhere: Client; bob: Client }> {
  const site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  t.teardown(site.close);
  const annElsewhere = await site.signUp('Ann');
  const bob = await site.signUp('Bob');
  await bob.form('/groups/join', { slug: 'lobby' });
  return { site, ann: await arrive(t, site, annElsewhere), annElsewhere, bob };
}

/** Resolves to the seq. */
async function say(client: Client, body: string): Promise<number> {
  const answer = await client.json('POST', '/groups/lobby/messages', { body });
  return answer.json<{ seq: number }>().seq;
}

const react = (client: Client, seq: number, emoji: string) =>
  client.json('PUT', `/groups/lobby/messages/${seq}/reactions/${encodeURIComponent(emoji)}`);

const bodies = (person: Person): Promise<string[]> => person.log().locator('article .body').allInnerTexts();
const connection = (person: Person, state: string) => person.page.locator('#connection').getByText(state, { exact: true });
const composer = ({ page }: Person) => page.getByRole('textbox', { name: 'Message' });
/** Complaints other than of a server that a test took away. */
const unexpected = ({ complaints }: Person): string[] => complaints.filter((text) => !/sse:error|Failed to fetch|network error/.test(text));

check.serial(
  'the page says how its stream fares while the server goes and comes back, and what was missed is shown once, in order',
  async (t) => {
    const DATA_DIR = await mkdtemp(join(tmpdir(), 'parley-kept-'));
    t.teardown(() => rm(DATA_DIR, { recursive: true }));
    const first = await startServer({ env: { DATA_DIR } });
    const { port } = first.server.http.address() as AddressInfo;
    const client = await first.signUp('Ann');
    const ann = await arrive(t, first, client);
    await ann.openGroup('lobby');
    await say(client, 'before');
    await ann.sees('before');
    await first.close();
    await connection(ann, 'reconnecting…').waitFor();

    const second = await startServer({ env: { DATA_DIR } });
    t.teardown(second.close);
    const elsewhere = new Client(second.url);
    for (const [name, value] of client.cookies) elsewhere.cookies.set(name, value);
    for (const word of ['missed 1', 'missed 2', 'missed 3']) await say(elsewhere, word);
    t.deepEqual(await bodies(ann), ['before']);
    await moveTo(second, port);
    await connection(ann, 'connected').waitFor();
    await say(client, 'after');
    await ann.sees('after');
    t.deepEqual(await bodies(ann), ['before', 'missed 1', 'missed 2', 'missed 3', 'after']);
    t.deepEqual(unexpected(ann), []);
  },
);

/** The port from which another server has just gone: so a test decides when pages find this one. */
async function moveTo({ server: { http } }: TestServer, port: number): Promise<void> {
  const closed = once(http, 'close');
  http.close();
  http.closeAllConnections();
  await closed;
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
}

check.serial('stream: a page catches up after the network was lost', async (t) => {
  const { ann, bob } = await annAndBob(t);
  await ann.openGroup('lobby');
  await say(bob, 'before');
  await ann.sees('before');
  await ann.page.context().setOffline(true);
  await connection(ann, 'reconnecting…').waitFor();
  for (const word of ['missed 1', 'missed 2', 'missed 3']) await say(bob, word);
  await ann.page.context().setOffline(false);
  await connection(ann, 'connected').waitFor();
  await say(bob, 'after');
  await ann.sees('after');
  t.deepEqual(await bodies(ann), ['before', 'missed 1', 'missed 2', 'missed 3', 'after']);
  t.deepEqual(unexpected(ann), []);
});

check.serial('stream: a row that is being edited is not replaced; cancelling shows the newest version', async (t) => {
  const { ann, annElsewhere, bob } = await annAndBob(t);
  const seq = await say(annElsewhere, 'to be edited');
  await ann.openGroup('lobby');
  const row = await ann.actions('to be edited');
  await row.getByRole('link', { name: 'Edit' }).click();
  const field = ann.page.getByRole('form', { name: 'Edit the message' }).getByRole('textbox');
  await field.fill('half a thou');
  await react(bob, seq, '🎉');
  await say(bob, 'a later message');
  await ann.sees('a later message');
  t.is(await field.inputValue(), 'half a thou');
  t.true(await field.evaluate((element) => element.matches(':focus')));
  await ann.page.getByRole('link', { name: 'Cancel' }).click();
  await ann.message('to be edited').getByText('🎉 1').first().waitFor();
  t.is(await ann.page.getByRole('form', { name: 'Edit the message' }).count(), 0);
  t.deepEqual(ann.complaints, []);
});

check.serial('stream: a change to a message that is not on the page is ignored', async (t) => {
  const { ann, bob } = await annAndBob(t);
  const early = await say(bob, 'long ago');
  for (let i = 1; i <= 60; i += 1) await say(bob, `message ${i}`);
  await ann.openGroup('lobby');
  t.is(await ann.message('long ago').count(), 0);
  const before = await bodies(ann);
  await react(bob, early, '🎉');
  await bob.json('PATCH', `/groups/lobby/messages/${early}`, { body: 'long ago, edited' });
  await say(bob, 'a later message');
  await ann.sees('a later message');
  t.deepEqual(await bodies(ann), [...before, 'a later message']);
  t.deepEqual(ann.complaints, []);
});

check.serial('stream: an older revision of a row never replaces a newer one', async (t) => {
  const { ann, bob } = await annAndBob(t);
  const seq = await say(bob, 'first words');
  await ann.openGroup('lobby');
  const row = ann.page.locator(`#m-${seq}`);
  const stale = await row.evaluate((element) => element.outerHTML);
  await bob.json('PATCH', `/groups/lobby/messages/${seq}`, { body: 'second words' });
  await ann.sees('second words');
  const fresh = await row.evaluate((element) =>
    element.outerHTML.replace('second words', 'third words').replace(/data-rev="\d+"/, 'data-rev="99"'),
  );
  const bring = (by: string, text: string) =>
    ann.page.evaluate(
      `htmx.swap({ sourceElement: document.getElementById('${by}'), target: '#messages', swap: 'log', text: ${JSON.stringify(text)} })`,
    );
  for (const by of ['messages', 'composer']) await bring(by, stale);
  t.deepEqual(await bodies(ann), ['second words']);
  await bring('messages', fresh);
  t.deepEqual(await bodies(ann), ['third words'], 'the same way in takes a newer one');
  t.deepEqual(ann.complaints, []);
});

for (const [name, words, act] of [
  ['removed from the group', 'You are no longer in this group.', (ann: Client) => remove(ann)],
  ['logged out elsewhere', 'You have been logged out.', (_: Client, bob: Client) => bob.form('/settings/logout-everywhere', {})],
] as const)
  check.serial(`stream: a user who is ${name} sees it and can no longer post`, async (t) => {
    const { site, annElsewhere, bob } = await annAndBob(t);
    const page = await arrive(t, site, bob);
    await page.openGroup('lobby');
    await act(annElsewhere, bob);
    await connection(page, words).waitFor();
    t.true(await composer(page).isDisabled());
    t.true(await page.page.getByRole('button', { name: 'Send' }).isDisabled());
    await say(annElsewhere, 'not for Bob');
    await page.page.reload();
    await page.page
      .getByRole('heading', { name: /Log in|Not Found|There is nothing/ })
      .first()
      .waitFor();
    t.deepEqual(page.complaints, []);
  });

async function remove(ann: Client): Promise<void> {
  const members = await ann.get('/groups/lobby/members', 'application/json');
  const bob = members.json<{ id: string; name: string }[]>().find((member) => member.name === 'Bob');
  await ann.form('/groups/lobby/members', { action: 'remove', user: bob?.id ?? '' });
}

check.serial('stream: a page with an unknown cursor reloads and keeps the draft', async (t) => {
  const { ann, bob } = await annAndBob(t);
  await say(bob, 'hello');
  const { promise: mayConnect, resolve: letConnect } = Promise.withResolvers<void>();
  await ann.page.route(
    '**/groups/lobby',
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/events\?after=\d+/, 'events?after=999999') });
    },
    { times: 1 },
  );
  await ann.page.route('**/events?after=999999', async (route) => {
    await mayConnect;
    await route.continue();
  });
  await ann.go('/groups/lobby');
  await composer(ann).fill('a thought not yet sent');
  const isLoadedAgain = ann.page.waitForEvent('framenavigated');
  letConnect();
  await isLoadedAgain;
  await ann.live();
  t.is(await composer(ann).inputValue(), 'a thought not yet sent');
  t.deepEqual(await bodies(ann), ['hello']);
  t.deepEqual(ann.complaints, []);
});
