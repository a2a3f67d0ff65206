import test, { type ExecutionContext } from 'ava';
import { addSession, openBrowser, openLobbyPage, openWindow, type Person, type Script } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { openLobby, postAs } from '../helpers/fixtures.ts';
import { startServerFor, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

type Scene = { readonly site: TestServer; readonly ann: Person; readonly client: Client; readonly bob: Client };

/** Ann at the page of Lobby, with Bob and others as members. */
async function scene(t: ExecutionContext, script: Script = 'on'): Promise<Scene> {
  const site = await openLobby(t);
  await Promise.all(['Bea Lee', 'Carl'].map((name) => site.signUpInLobby(name)));
  return { site, client: site.ann, bob: site.bob, ann: await openLobbyPage(t, browser, site.ann, { script }) };
}

const focused = ({ page }: Person) => page.evaluate('document.activeElement.id');
/** Polls: the page's Content-Security-Policy refuses Playwright's waitForFunction. */
const until = ({ page }: Person, holds: string): Promise<unknown> => eventually(async () => (await page.evaluate(holds)) === true);

check.serial('editing: arrow-up in the empty field edits the last message; Enter saves, Escape cancels, the focus returns', async (t) => {
  const { ann, bob } = await scene(t);
  await ann.write('first');
  await ann.sees('first');
  await ann.write('secnd');
  await ann.sees('secnd');
  await postAs(bob, 'not hers');
  await ann.sees('not hers');
  const { keyboard } = ann.page;
  await ann.composer().press('ArrowUp');
  const field = ann.log().getByRole('textbox', { name: 'Message' });
  await field.waitFor();
  t.is(await field.inputValue(), 'secnd');
  await keyboard.press('ControlOrMeta+a');
  await keyboard.insertText('second');
  await keyboard.press('Enter');
  await ann.message('edited').waitFor();
  await until(ann, 'document.activeElement.id === "body"');
  t.deepEqual(await ann.log().locator('article .body').allInnerTexts(), ['first', 'second', 'not hers']);
  await keyboard.press('ArrowUp');
  await field.waitFor();
  await keyboard.press('Escape');
  await field.waitFor({ state: 'detached' });
  await until(ann, 'document.activeElement.id === "body"');
  await ann.composer().fill('typing');
  await keyboard.press('ArrowUp');
  t.is(await field.count(), 0, 'in a field with text the key moves the caret');
  await ann.message('second').locator('summary', { hasText: 'edited' }).click();
  await ann.log().getByText('secnd').waitFor();
  t.deepEqual(ann.complaints, []);
});

check.serial('quote: Quote appends a quotation to the typed text', async (t) => {
  const { ann, bob, site } = await scene(t);
  const { url } = await postAs(bob, 'shall we?');
  await ann.sees('shall we?');
  await ann.composer().fill('one moment');
  await (await ann.actions('shall we?')).getByRole('link', { name: 'Quote' }).click();
  await until(ann, 'document.getElementById("body").value.includes("> shall we?")');
  t.is(await ann.composer().inputValue(), `one moment\n\n@Bob [wrote](${site.url}${url}):\n> shall we?\n\n`);
  t.is(await focused(ann), 'body');
  await ann.page.keyboard.insertText('Yes');
  await ann.page.keyboard.press('Enter');
  const answer = ann.message('Yes');
  await answer.waitFor();
  t.is(await answer.locator('blockquote').textContent(), 'shall we?');
  t.is(await answer.locator('.mention').textContent(), '@Bob');
  t.deepEqual(ann.complaints, []);
});

check.serial('quote: without JavaScript Quote opens a page with the quotation in the field', async (t) => {
  const { ann, bob } = await scene(t, 'off');
  await postAs(bob, 'shall we?');
  await ann.sees('shall we?');
  await ann.press((await ann.actions('shall we?')).getByRole('link', { name: 'Quote' }));
  await ann.page.waitForURL('**/groups/lobby?quote=*', { waitUntil: 'commit' });
  t.regex(await ann.composer().inputValue(), /^@Bob \[wrote\]\(.*\):\n> shall we\?\n/);
});

const chip = ({ page }: Person) => page.locator('#replying');

check.serial('reply: the line above the field is taken back by its link and by Escape, and keeps what is typed', async (t) => {
  const { ann, bob, client } = await scene(t);
  const { seq } = await postAs(bob, 'shall we?');
  await ann.sees('shall we?');
  await ann.composer().fill('one moment');
  const reply = async () => (await ann.actions('shall we?')).getByRole('link', { name: 'Reply' }).click();
  await reply();
  t.is(await chip(ann).textContent(), 'Replying to Bob shall we?Do not reply');
  t.is(await focused(ann), 'body');
  await ann.page.keyboard.press('Escape');
  t.true(await chip(ann).isHidden());
  await reply();
  await ann.page.getByRole('link', { name: 'Do not reply' }).click();
  t.true(await chip(ann).isHidden());
  t.is(await focused(ann), 'body');
  await ann.page.keyboard.press('Enter');
  await ann.sees('one moment');
  await reply();
  await ann.page.keyboard.insertText('yes');
  await ann.page.keyboard.press('Enter');
  await ann.message('yes').locator('.answers').waitFor();
  const messages = (await client.json('GET', '/groups/lobby/messages')).json<{ body: string; reply_to: number | null }[]>();
  t.deepEqual(
    messages.map(({ body, reply_to }) => [body, reply_to]),
    [
      ['shall we?', null],
      ['one moment', null],
      ['yes', seq],
    ],
  );
  t.deepEqual(ann.complaints, []);
});

check.serial('reply: one that is refused, or that failed, still answers its message', async (t) => {
  const { ann, bob, client } = await scene(t);
  const { seq } = await postAs(bob, 'shall we?');
  await ann.sees('shall we?');
  await (await ann.actions('shall we?')).getByRole('link', { name: 'Reply' }).click();
  await ann.page.keyboard.insertText('y'.repeat(70_000));
  await ann.page.keyboard.press('Enter');
  await ann.page.locator('#composer-error').getByText('too long').or(ann.page.locator('#composer-error:not(:empty)')).first().waitFor();
  t.true(await chip(ann).isVisible(), 'it is in the field again');
  await ann.page.route('**/groups/lobby/messages', (route) => route.abort());
  await ann.composer().fill('yes');
  await ann.page.keyboard.press('Enter');
  const pending = ann.page.locator('#outbox .msg');
  await pending.getByText('Not sent.').waitFor();
  t.is(await pending.locator('.answers').textContent(), 'Bob shall we?');
  await pending.getByRole('button', { name: 'Edit' }).click();
  t.is(await chip(ann).locator('b').textContent(), 'Bob');
  await ann.page.keyboard.press('Enter');
  await pending.getByText('Not sent.').waitFor();
  await ann.page.unroute('**/groups/lobby/messages');
  await ann.page.reload();
  await ann.page.locator('#outbox .msg').getByRole('button', { name: 'Retry' }).click();
  await ann.message('yes').locator('article .answers, .answers').first().waitFor();
  const messages = (await client.json('GET', '/groups/lobby/messages')).json<{ reply_to: number | null }[]>();
  t.deepEqual(
    messages.map(({ reply_to }) => reply_to),
    [null, seq],
  );
});

check.serial('reply: without JavaScript a refused reply is shown again, and still answers its message', async (t) => {
  const { ann, bob } = await scene(t, 'off');
  await postAs(bob, 'shall we?');
  await ann.sees('shall we?');
  await ann.press((await ann.actions('shall we?')).getByRole('link', { name: 'Reply' }));
  await ann.page.waitForURL('**/groups/lobby?reply=*', { waitUntil: 'commit' });
  await ann.write('   ');
  await ann.page.getByText('Message is empty').waitFor();
  await chip(ann).getByText('Replying to Bob shall we?').waitFor();
  await ann.write('yes');
  await ann.message('yes').getByRole('link', { name: 'Bob shall we?' }).waitFor();
  t.pass();
});

check.serial(
  'drafts: a draft survives a reload, is marked at its group, is removed when sent, and is private to its account',
  async (t) => {
    const { ann, client, site } = await scene(t);
    await client.json('POST', '/groups', { name: 'Den' });
    await ann.composer().fill('half a thou');
    await ann.page.reload();
    await ann.live();
    t.is(await ann.composer().inputValue(), 'half a thou');
    await ann.openGroup('den');
    t.is(await ann.composer().inputValue(), '');
    await ann.page.locator('#sidebar a[data-draft]', { hasText: 'Lobby' }).waitFor();
    await ann.openGroup('lobby');
    await ann.composer().press('End');
    await ann.page.keyboard.insertText('ght');
    await ann.page.keyboard.press('Enter');
    await ann.sees('half a thought');
    await until(ann, 'Object.keys(localStorage).every((key) => !key.startsWith("draft:"))');
    await ann.page.reload();
    await ann.live();
    t.is(await ann.composer().inputValue(), '');
    await ann.composer().fill('a secret');
    await addSession(ann.page.context(), await site.signUpInLobby('Dora'));
    await ann.openGroup('lobby');
    t.is(await ann.composer().inputValue(), '', 'another user of this browser');
    await ann.page.getByRole('button', { name: 'Log out' }).click();
    await ann.page.getByRole('form', { name: 'Log in' }).waitFor();
    t.is(await ann.page.evaluate('Object.keys(localStorage).filter((key) => key.startsWith("draft:")).length'), 0);
    t.deepEqual(ann.complaints, []);
  },
);

check.serial('drafts: a message that failed exists after a reload', async (t) => {
  const { ann } = await scene(t);
  await ann.page.route('**/groups/lobby/messages', (route) => route.abort());
  await ann.write('precious');
  const row = ann.page.locator('#outbox .pending', { hasText: 'precious' });
  await row.getByText('Not sent').waitFor();
  await ann.page.reload();
  await ann.live();
  await row.getByRole('button', { name: 'Retry' }).waitFor();
  t.is(await ann.composer().inputValue(), '');
});

check.serial('emoji: found by name with the keyboard alone, for a message and a reaction; the last used are first', async (t) => {
  const { ann, bob } = await scene(t);
  await postAs(bob, 'shall we?');
  await ann.sees('shall we?');
  const { keyboard } = ann.page;
  const dialog = ann.page.getByRole('dialog', { name: 'Emoji' });
  await ann.composer().fill('on the ');
  await ann.page.getByRole('link', { name: 'Emoji' }).focus();
  await keyboard.press('Enter');
  await dialog.getByRole('region', { name: 'Faces' }).waitFor();
  await keyboard.type('rocket');
  await dialog.getByRole('region', { name: 'Found' }).waitFor();
  await keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  t.is(await ann.composer().inputValue(), 'on the 🚀');
  t.is(await focused(ann), 'body');
  await (await ann.actions('shall we?')).getByRole('link', { name: 'More emoji' }).click();
  await dialog.getByRole('region', { name: 'Recent' }).getByRole('button', { name: 'rocket' }).waitFor();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowUp', 'Enter']) await keyboard.press(key);
  await ann.message('shall we?').getByRole('button', { name: '🚀 1' }).waitFor();
  t.deepEqual(ann.complaints, []);
});

check.serial('emoji: without JavaScript they are on a page, for a message and a reaction', async (t) => {
  const { ann, bob } = await scene(t, 'off');
  const { url } = await postAs(bob, 'shall we?');
  await ann.press(ann.page.getByRole('link', { name: 'Emoji' }));
  await ann.page.getByRole('searchbox', { name: 'Name of the emoji' }).fill('rocket');
  await ann.press(ann.page.getByRole('button', { name: 'Find' }));
  await ann.press(ann.page.getByRole('link', { name: '🚀' }));
  await ann.page.waitForURL('**/groups/lobby?emoji=*', { waitUntil: 'commit' });
  t.is(await ann.composer().inputValue(), '🚀');
  await ann.go(url);
  await ann.press(ann.page.getByRole('link', { name: 'More emoji' }));
  await ann.press(ann.page.getByRole('link', { name: 'Food' }));
  await ann.press(ann.page.getByRole('button', { name: '🍇' }));
  await ann.message('shall we?').getByRole('button', { name: '🍇 1' }).waitFor();
});

check.serial('completion: names are completed by keyboard and mouse, and Enter sends only if no list is open', async (t) => {
  const { ann } = await scene(t);
  const { keyboard, page } = { keyboard: ann.page.keyboard, page: ann.page };
  const list = page.getByRole('listbox', { name: 'People to mention' });
  await ann.composer().pressSequentially('hi @b');
  await list.waitFor();
  t.deepEqual(await list.getByRole('option').allInnerTexts(), ['Bea Lee', 'Bob']);
  t.is(await ann.composer().getAttribute('aria-activedescendant'), await list.getByRole('option', { selected: true }).getAttribute('id'));
  await keyboard.press('ArrowDown');
  t.is(await list.getByRole('option', { selected: true }).textContent(), 'Bob');
  await keyboard.press('Enter');
  await list.waitFor({ state: 'detached' });
  t.is(await ann.composer().inputValue(), 'hi @Bob ');
  await ann.composer().pressSequentially('and @le');
  await list.getByRole('option', { name: 'Bea Lee' }).click();
  t.is(await ann.composer().inputValue(), 'hi @Bob and @Bea Lee ');
  t.is(await focused(ann), 'body');
  await ann.composer().pressSequentially('@c');
  await list.waitFor();
  await keyboard.press('Escape');
  await list.waitFor({ state: 'detached' });
  await keyboard.press('Enter');
  await ann.sees('hi @Bob and @Bea Lee @c');
  t.is(await ann.message('hi @Bob').locator('.mention').count(), 2);
  await ann.composer().pressSequentially('me@b');
  t.is(await list.count(), 0, 'an address is no name');
  await ann.composer().fill('');
  await ann.composer().pressSequentially(':tad');
  await page.getByRole('listbox', { name: 'Emoji' }).getByRole('option').first().waitFor();
  await keyboard.press('Tab');
  t.is(await ann.composer().inputValue(), '🎉 ');
  t.deepEqual(ann.complaints, []);
});

check.serial('messages: pins and text reactions appear on every page', async (t) => {
  const { ann, bob } = await scene(t);
  const other = await openLobbyPage(t, browser, bob);
  await ann.write('the rules');
  await other.sees('the rules');
  t.true(await other.page.locator('#pins').isHidden());
  await (await ann.actions('the rules')).getByRole('button', { name: 'Pin', exact: true }).click();
  await other.log().getByText('Pinned by Ann').waitFor();
  await other.page.getByRole('link', { name: 'Pinned (1)' }).waitFor();
  const row = await other.actions('the rules');
  await row.getByRole('textbox', { name: 'Another reaction' }).fill('well said');
  await row.getByRole('button', { name: 'React', exact: true }).click();
  await ann.message('the rules').getByRole('button', { name: 'well said 1' }).waitFor();
  await (await ann.actions('the rules')).getByRole('button', { name: 'Unpin' }).click();
  await other.page.locator('#pins').waitFor({ state: 'hidden' });
  t.deepEqual([...ann.complaints, ...other.complaints], []);
});

check.serial('keyboard: ? shows the shortcuts, and Escape closes them', async (t) => {
  const { ann } = await scene(t);
  const { page } = ann;
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await ann.composer().press('?');
  t.is(await ann.composer().inputValue(), '?', 'in a field it is a letter');
  await page.getByRole('log', { name: 'Messages' }).click();
  await page.keyboard.press('?');
  await help.waitFor();
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await help.getByRole('button', { name: 'Close' }).click();
  await help.waitFor({ state: 'hidden' });
  t.deepEqual(ann.complaints, []);
});

/** Fourteen members in Lobby: with more than that few, @all asks for confirmation. */
async function crowded(t: ExecutionContext, script: Script): Promise<Scene> {
  const all = await scene(t, script);
  for (const n of Array(10).keys()) await all.site.signUpInLobby(`Member ${n}`);
  return all;
}

for (const script of ['on', 'off'] as const)
  check.serial(`mentions: @all asks for confirmation in large groups and keeps the text (script ${script})`, async (t) => {
    const { ann, client } = await crowded(t, script);
    await ann.write('fire drill @all');
    const sure = ann.page.getByRole('button', { name: 'Yes, notify all' });
    await sure.waitFor();
    t.regex((await ann.page.locator('#composer-error').textContent()) ?? '', /Notify all 14 members\?/);
    t.is(await ann.composer().inputValue(), 'fire drill @all');
    const stored = async () => (await client.get('/groups/lobby/messages', 'application/json')).json<{ mentions_all: boolean }[]>();
    t.deepEqual(await stored(), []);
    await ann.press(sure);
    await ann.sees('fire drill @all');
    t.deepEqual(
      (await stored()).map(({ mentions_all }) => mentions_all),
      [true],
    );
    if (script === 'on') await until(ann, 'document.getElementById("body").value === ""');
    t.is(await ann.page.getByRole('button', { name: 'Yes, notify all' }).count(), 0);
    t.deepEqual(ann.complaints, []);
  });

check.serial('saved messages: saved and listed, with JavaScript and without', async (t) => {
  const { ann, client, bob } = await scene(t);
  await postAs(bob, 'worth keeping');
  await ann.sees('worth keeping');
  const row = await ann.actions('worth keeping');
  await row.getByRole('button', { name: 'Save', exact: true }).click();
  await ann.page.getByText('Saved. Your saved messages are in the menu').waitFor();
  const plain = await openLobbyPage(t, browser, client, { script: 'off' });
  await plain.go('/saved');
  await plain.page.getByRole('list', { name: 'Saved messages, newest first' }).getByText('worth keeping').waitFor();
  await plain.press(plain.page.getByRole('button', { name: 'Remove' }));
  await plain.page.getByText('No saved messages yet').waitFor();
  await plain.openGroup('lobby');
  const still = await plain.actions('worth keeping');
  await plain.press(still.getByRole('button', { name: 'Save', exact: true }));
  await plain.page.getByText('Your saved messages are in the menu').waitFor();
  t.deepEqual(ann.complaints, []);
});

check.serial('times: earlier versions and saved messages show times in the reader’s time zone', async (t) => {
  const site = await startServerFor(t);
  const ann = await site.signUp('Ann');
  const { url } = await postAs(ann, 'frist');
  await ann.json('PATCH', url, { body: 'first' });
  await ann.json('POST', `${url}/save`);
  const { page } = await openWindow(t, browser, ann, { timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
  const here = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Tokyo' }).format(
    site.core.now(),
  );
  for (const path of ['/saved', `${url}/history`]) {
    await page.goto(path);
    t.is(await page.locator(':is(.hits, .versions) time').textContent(), here, path);
  }
  await page.goto('/groups/lobby');
  await page.getByText('edited', { exact: true }).click();
  await page.locator('.versions').getByText('frist').waitFor();
  t.is(await page.locator('.versions time').textContent(), here);
});
