import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openBrowser, openWindow, type Person } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { openLobby, postAs } from '../helpers/fixtures.ts';
import { startServer, startServerFor, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** Ann at a browser window, with a second session in `annElsewhere`; Bob in Lobby without a browser. */
async function openAnnAndBob(t: ExecutionContext): Promise<{ ann: Person; annElsewhere: Client; bob: Client }> {
  const site = await openLobby(t, { env: { POSTS_PER_SECOND: '0' } });
  return { ann: await openWindow(t, browser, site.ann), annElsewhere: site.ann, bob: site.bob };
}

const react = (client: Client, seq: number, emoji: string) =>
  client.json('PUT', `/groups/lobby/messages/${seq}/reactions/${encodeURIComponent(emoji)}`);

const connection = (person: Person, state: string) => person.page.locator('#connection').getByText(state, { exact: true });
/** Console errors other than those of a server that the test stops. */
const unexpected = ({ complaints }: Person): string[] => complaints.filter((text) => !/sse:error|Failed to fetch|network error/.test(text));

check.serial(
  'stream: a page shows the state of its stream while the server restarts, then the missed messages once and in order',
  async (t) => {
    const DATA_DIR = await mkdtemp(join(tmpdir(), 'parley-kept-'));
    t.teardown(() => rm(DATA_DIR, { recursive: true }));
    const first = await startServer({ env: { DATA_DIR } });
    const { port } = first.server.http.address() as AddressInfo;
    const client = await first.signUp('Ann');
    const ann = await openWindow(t, browser, client);
    await ann.openGroup('lobby');
    await postAs(client, 'before');
    await ann.sees('before');
    await first.close();
    await connection(ann, 'reconnecting…').waitFor();

    const second = await startServerFor(t, { env: { DATA_DIR } });
    const elsewhere = client.at(second.url);
    for (const word of ['missed 1', 'missed 2', 'missed 3']) await postAs(elsewhere, word);
    t.deepEqual(await ann.bodies(), ['before']);
    await moveTo(second, port);
    await connection(ann, 'connected').waitFor();
    await postAs(client, 'after');
    await ann.sees('after');
    t.deepEqual(await ann.bodies(), ['before', 'missed 1', 'missed 2', 'missed 3', 'after']);
    t.deepEqual(unexpected(ann), []);
  },
);

/** Moves a server to the port of one that has stopped, so that the test decides when pages reach it. */
async function moveTo({ server: { http } }: TestServer, port: number): Promise<void> {
  const closed = once(http, 'close');
  http.close();
  http.closeAllConnections();
  await closed;
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
}

check.serial('stream: a page catches up after the network was lost', async (t) => {
  const { ann, bob } = await openAnnAndBob(t);
  await ann.openGroup('lobby');
  await postAs(bob, 'before');
  await ann.sees('before');
  await ann.page.context().setOffline(true);
  await connection(ann, 'reconnecting…').waitFor();
  for (const word of ['missed 1', 'missed 2', 'missed 3']) await postAs(bob, word);
  await ann.page.context().setOffline(false);
  await connection(ann, 'connected').waitFor();
  await postAs(bob, 'after');
  await ann.sees('after');
  t.deepEqual(await ann.bodies(), ['before', 'missed 1', 'missed 2', 'missed 3', 'after']);
  t.deepEqual(unexpected(ann), []);
});

check.serial('stream: a row that is being edited is not replaced; cancelling shows the newest version', async (t) => {
  const { ann, annElsewhere, bob } = await openAnnAndBob(t);
  const { seq } = await postAs(annElsewhere, 'to be edited');
  await ann.openGroup('lobby');
  const row = await ann.actions('to be edited');
  await row.getByRole('link', { name: 'Edit' }).click();
  const field = ann.page.getByRole('form', { name: 'Edit the message' }).getByRole('textbox');
  await field.fill('half a thou');
  await react(bob, seq, '🎉');
  await postAs(bob, 'a later message');
  await ann.sees('a later message');
  t.is(await field.inputValue(), 'half a thou');
  t.true(await field.evaluate((element) => element.matches(':focus')));
  await ann.page.getByRole('link', { name: 'Cancel' }).click();
  await ann.message('to be edited').getByText('🎉 1').first().waitFor();
  t.is(await ann.page.getByRole('form', { name: 'Edit the message' }).count(), 0);
  t.deepEqual(ann.complaints, []);
});

check.serial('stream: a change to a message that is not on the page is ignored', async (t) => {
  const { ann, bob } = await openAnnAndBob(t);
  const { seq: early } = await postAs(bob, 'long ago');
  for (let i = 1; i <= 60; i += 1) await postAs(bob, `message ${i}`);
  await ann.openGroup('lobby');
  t.is(await ann.message('long ago').count(), 0);
  const before = await ann.bodies();
  await react(bob, early, '🎉');
  await bob.json('PATCH', `/groups/lobby/messages/${early}`, { body: 'long ago, edited' });
  await postAs(bob, 'a later message');
  await ann.sees('a later message');
  t.deepEqual(await ann.bodies(), [...before, 'a later message']);
  t.deepEqual(ann.complaints, []);
});

check.serial('stream: an older revision of a row never replaces a newer one', async (t) => {
  const { ann, bob } = await openAnnAndBob(t);
  const { seq } = await postAs(bob, 'first words');
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
  t.deepEqual(await ann.bodies(), ['second words']);
  await bring('messages', fresh);
  t.deepEqual(await ann.bodies(), ['third words'], 'the same way in takes a newer one');
  t.deepEqual(ann.complaints, []);
});

for (const [name, words, act] of [
  ['removed from the group', 'You are no longer in this group.', (ann: Client) => remove(ann)],
  ['logged out elsewhere', 'You have been logged out.', (_: Client, bob: Client) => bob.form('/settings/logout-everywhere', {})],
] as const)
  check.serial(`stream: a user who is ${name} sees it and can no longer post`, async (t) => {
    const { annElsewhere, bob } = await openAnnAndBob(t);
    const page = await openWindow(t, browser, bob);
    await page.openGroup('lobby');
    await act(annElsewhere, bob);
    await connection(page, words).waitFor();
    t.true(await page.composer().isDisabled());
    t.true(await page.page.getByRole('button', { name: 'Send', exact: true }).isDisabled());
    await postAs(annElsewhere, 'not for Bob');
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
  const { ann, bob } = await openAnnAndBob(t);
  await postAs(bob, 'hello');
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
  await ann.composer().fill('a thought not yet sent');
  const isLoadedAgain = ann.page.waitForEvent('framenavigated');
  letConnect();
  await isLoadedAgain;
  await ann.live();
  t.is(await ann.composer().inputValue(), 'a thought not yet sent');
  t.deepEqual(await ann.bodies(), ['hello']);
  t.deepEqual(ann.complaints, []);
});
