import test, { type ExecutionContext } from 'ava';
import { openBrowser, openWindow, type Person, type Script } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { textDraft } from '../helpers/core-fixture.ts';
import { eventually } from '../helpers/eventually.ts';
import { groupAt, type LobbySite, openLobby, userNamed } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { numbers } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

type Scene = LobbySite & { postNumbered(from: number, to: number): Promise<void> };

/** Ann and Bob in Lobby; Bob posts `message 1`, `message 2` and so on. The first has seq 3. */
async function openNumbered(t: ExecutionContext, messages: number): Promise<Scene> {
  const site = await openLobby(t, { env: { POSTS_PER_SECOND: '0' } });
  const { core } = site;
  const [group, author] = [await groupAt(core, 'lobby'), await userNamed(core, 'Bob')];
  const postNumbered = async (from: number, to: number): Promise<void> => {
    await Promise.all(numbers(from, to).map((n) => core.appender.append(group.id, textDraft(author.id, `message ${n}`))));
  };
  if (messages > 0) await postNumbered(1, messages);
  return { ...site, postNumbered };
}

async function openPage(t: ExecutionContext, client: Client, path: string, script: Script = 'on'): Promise<Person> {
  const person = await openWindow(t, browser, client, { script });
  await person.go(path);
  if (script === 'on') await person.live();
  return person;
}

/** The numbers of the messages in the page; asserts that they have no gap. */
async function shownRange(t: ExecutionContext, { page }: Person): Promise<{ first: number; last: number; rows: number }> {
  const texts = await page.evaluate<string[]>(
    "[...document.querySelectorAll('#messages > article > .body')].map((body) => body.textContent)",
  );
  const shown = texts.map((text) => Number(/\d+/.exec(text)?.[0]));
  const [first = 0, last = 0] = [shown[0], shown.at(-1)];
  t.deepEqual(shown, numbers(first, last));
  t.true(shown.length <= 300, `${shown.length} rows`);
  return { first, last, rows: shown.length };
}

type Ends = { readonly isPast: boolean; readonly first: string; readonly last: string };

/** `isPast`: the newest rows are not on the page. `first`, `last`: the ids of its first and last row. */
const endsOf = ({ page }: Person): Promise<Ends> =>
  page.evaluate<Ends>(`(() => {
    const rows = [...document.querySelectorAll('#messages > article')].map(({ id }) => id);
    return { isPast: document.getElementById('messages').hasAttribute('data-past'), first: rows[0], last: rows.at(-1) };
  })()`);

/** Presses a key that loads more rows until `isThere`; runs `meanwhile` after each step. */
async function scrollUntil(person: Person, key: 'Home' | 'End', isThere: (ends: Ends) => boolean, meanwhile: () => Promise<void>) {
  const { page } = person;
  for (let ends = await endsOf(person); !isThere(ends); ends = await endsOf(person)) {
    await page.getByRole('region', { name: 'Conversation' }).press(key);
    const brought = key === 'Home' ? `article ~ #${ends.first}` : `#${ends.last} ~ article`;
    await page.locator(brought).first().waitFor({ state: 'attached' });
    await meanwhile();
  }
}

/** More than four pages, so that rows are removed at both ends; twice as many in `npm run test:all`. */
const MANY = process.env.PARLEY_TEST_ALL ? 1200 : 600;

check.serial(
  `${MANY} messages are read to the first and back to the last while new ones come: never more than 300 rows, never a gap`,
  async (t) => {
    t.timeout(180_000); // about 20 steps each way, on a machine that may be busy
    const { ann, postNumbered } = await openNumbered(t, MANY);
    const person = await openPage(t, ann, '/groups/lobby');
    const { page } = person;
    t.deepEqual(await shownRange(t, person), { first: MANY - 49, last: MANY, rows: 50 });

    let said = MANY;
    const more = async (): Promise<void> => {
      await postNumbered(said + 1, said + 5);
      said += 5;
    };
    await scrollUntil(
      person,
      'Home',
      ({ first }) => first === 'm-3',
      async () => {
        await more();
        await shownRange(t, person);
      },
    );
    t.true(said >= MANY + MANY / 30, `there were ${said}`);
    t.is(await page.getByRole('link', { name: 'Older messages' }).count(), 0);
    await page.getByText('Older messages loaded').waitFor({ state: 'attached' });
    const pill = page.locator('#newest');
    await page.getByRole('link', { name: /^\d+ new messages – jump to newest$/ }).waitFor();
    const { last } = await shownRange(t, person);
    t.true(last <= 300, 'arriving rows are not appended to old ones');

    const wanted = said + 20;
    await scrollUntil(
      person,
      'End',
      ({ isPast }) => !isPast,
      async () => {
        if (said < wanted) await more();
        await shownRange(t, person);
      },
    );
    await page.locator('#messages').getByText(`message ${said}`, { exact: true }).waitFor({ state: 'attached' });
    await eventually(async () => {
      await page.getByRole('region', { name: 'Conversation' }).press('End'); // repeated: an arriving row interrupts the scrolling
      return page.evaluate<boolean>("document.getElementById('scroller').scrollTop > -8");
    });
    await pill.waitFor({ state: 'hidden' });
    await postNumbered(said + 1, said + 1);
    await person.sees(`message ${said + 1}`);
    await shownRange(t, person);
    t.deepEqual(person.complaints, []);
  },
);

check.serial('timeline: a reload, and Back from the page of a message, return to where the reader was', async (t) => {
  const { ann } = await openNumbered(t, 200);
  const person = await openPage(t, ann, '/groups/lobby');
  const { page } = person;
  const text = (n: number) => page.locator('#messages > article').getByText(`message ${n}`, { exact: true });
  await page.getByRole('region', { name: 'Conversation' }).focus();
  await eventually(async () => {
    await page.keyboard.press('Home');
    return (await text(90).count()) === 1;
  });
  await text(95).scrollIntoViewIfNeeded();
  await eventually(async () => Math.abs(Number(new URL(page.url()).searchParams.get('at')) - 95) < 20); // not the place before the scroll
  const place = async () => Math.round((await text(95).boundingBox())?.y ?? Number.NaN);
  await eventually(async () => {
    const before = page.url();
    await page.mouse.wheel(0, -1);
    return page.url() === before;
  });
  const before = await place();
  await page.reload();
  await text(95).waitFor();
  await eventually(async () => Math.abs((await place()) - before) < 120);
  await person.message('message 95').locator('header time').click({ force: true });
  await page.getByRole('link', { name: 'Show in conversation' }).waitFor();
  await page.goBack();
  await text(95).waitFor();
  await eventually(async () => Math.abs((await place()) - before) < 120);
  t.deepEqual(person.complaints, []);
});

check.serial('timeline: visible messages stay in place while older ones load above and new ones arrive below', async (t) => {
  const { ann, postNumbered } = await openNumbered(t, 200);
  const person = await openPage(t, ann, '/groups/lobby');
  const { page } = person;
  const text = (n: number) => page.locator('#messages > article').getByText(`message ${n}`, { exact: true });
  const top = async (n: number): Promise<number> => (await text(n).boundingBox())?.y ?? Number.NaN;
  await page.evaluate("document.getElementById('scroller').scrollTop = -document.getElementById('scroller').scrollHeight");
  await text(101).waitFor({ state: 'attached' });
  const { first } = await shownRange(t, person);
  t.true(first <= 101);
  const seen = await page.evaluate<number>(`(() => {
    const { top } = document.getElementById('scroller').getBoundingClientRect();
    const row = [...document.querySelectorAll('#messages > article')].find((one) => one.getBoundingClientRect().top > top);
    return Number(/[0-9]+$/.exec(row.querySelector('.body').textContent)[0]);
  })()`);
  const before = await top(seen);
  await postNumbered(201, 210);
  await person.message('message 210').waitFor({ state: 'attached' });
  const moved = (await top(seen)) - before;
  t.true(Math.abs(moved) <= 1, `message ${seen} was at ${before} and moved by ${moved}`);
  t.true(seen >= 140 && seen <= 155, `the row that was the first is still in view, not ${seen}`);
  t.deepEqual(person.complaints, []);
});

check.serial('timeline: from the past, Escape, the button or an own message lead to the newest', async (t) => {
  const { ann, postNumbered } = await openNumbered(t, 500);
  const person = await openPage(t, ann, '/groups/lobby?around=100#m-100');
  const { page } = person;
  const isNewest = () => page.locator('#messages:not([data-past])').waitFor();
  t.is(await page.locator('#m-100').getAttribute('aria-current'), 'true');
  await postNumbered(501, 501);
  await page.getByRole('link', { name: '1 new message – jump to newest' }).waitFor();
  t.is(await person.message('message 501').count(), 0);
  await page.keyboard.press('Escape');
  await person.sees('message 501');
  t.is((await shownRange(t, person)).last, 501);

  await person.go('/groups/lobby?around=100#m-100');
  await person.live();
  await page.getByRole('link', { name: 'Jump to newest' }).click();
  await person.sees('message 501');
  await isNewest();

  await person.go('/groups/lobby?around=100#m-100');
  await person.live();
  await person.write('message 502, my own');
  await person.sees('message 502, my own');
  await isNewest();
  t.is((await shownRange(t, person)).last, 502);
  t.deepEqual(person.complaints, []);
});

for (const script of ['on', 'off'] as const)
  check.serial(`unread line: with JavaScript ${script} a line marks the first unread message, and a link leads to it`, async (t) => {
    const { ann, postNumbered } = await openNumbered(t, 10);
    await ann.json('POST', '/groups/lobby/read');
    await postNumbered(11, 110);
    const person = await openPage(t, ann, '/groups/lobby', script);
    const { page } = person;
    await page.getByRole('link', { name: 'Jump to the first unread (100)' }).click({ noWaitAfter: true });
    const line = page.getByRole('separator', { name: /^New since/ });
    await line.waitFor();
    t.regex(page.url(), /\?around=13&unread=13#unread$/);
    t.is(await line.locator('+ article .body').textContent(), 'message 11');
    t.deepEqual(person.complaints, []);
  });

check.serial('read mark: viewing the unread line marks nothing as read; viewing the newest message does', async (t) => {
  const { ann, postNumbered } = await openNumbered(t, 100);
  const unread = async () => (await ann.get('/groups/lobby', 'application/json')).json<{ unread: number }>().unread;
  await ann.json('POST', '/groups/lobby/read', { n: 20 });
  const person = await openPage(t, ann, '/groups/lobby?around=23&unread=23#unread');
  await postNumbered(101, 101);
  await person.page.getByRole('link', { name: '1 new message – jump to newest' }).waitFor();
  t.is(await unread(), 81);
  const read = person.page.waitForResponse((answer) => answer.url().endsWith('/read'));
  await person.page.keyboard.press('Escape');
  t.is((await read).status(), 200);
  t.is(await unread(), 0);
});

check.serial('read mark: Mark unread from here puts the line before the message, and the page keeps it', async (t) => {
  const { ann, postNumbered } = await openNumbered(t, 8);
  await ann.json('POST', '/groups/lobby/read');
  const unread = async () => (await ann.get('/groups/lobby', 'application/json')).json<{ unread: number }>().unread;
  const person = await openPage(t, ann, '/groups/lobby');
  const row = await person.actions('message 6');
  await row.getByRole('button', { name: 'Mark unread from here' }).click();
  await person.page.getByText('Marked as unread from here').waitFor({ state: 'attached' });
  const line = person.page.getByRole('separator', { name: /^New since/ });
  t.is(await line.locator('+ article .body').textContent(), 'message 6');
  await postNumbered(9, 9);
  await person.sees('message 9');
  t.is(await unread(), 4);
  const other = await openPage(t, ann, '/direct', 'off');
  await other.go('/groups/lobby');
  t.is(await unread(), 0, 'opening the page again marks it as read');
  t.deepEqual(person.complaints, []);
});

check.serial('unread line: drawn before messages that arrived while the tab was hidden', async (t) => {
  const { ann, postNumbered } = await openNumbered(t, 5);
  await ann.json('POST', '/groups/lobby/read');
  const person = await openPage(t, ann, '/groups/lobby');
  const hide = (isHidden: boolean) =>
    person.page.evaluate(`
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  t.is(await person.page.getByRole('separator').count(), 0);
  await hide(true);
  await postNumbered(6, 7);
  await hide(false);
  await person.sees('message 7');
  const line = person.page.getByRole('separator', { name: /^New since/ });
  t.is(await line.locator('+ article .body').textContent(), 'message 6');
});

check.serial('timeline: jumping to a day uses the reader’s time zone', async (t) => {
  const { ann, clock, postNumbered } = await openNumbered(t, 60);
  clock.turn(40 * 3_600_000); // 4 January, 04:00 UTC
  await postNumbered(61, 120);
  const person = await openPage(t, ann, '/groups/lobby');
  const form = person.page.getByRole('form', { name: 'Jump to date' });
  await form.getByLabel('Jump to date').fill('2026-01-04');
  await form.getByRole('button', { name: 'Go' }).click();
  await person.page.waitForURL(/\?after=62#m-63$/);
  t.is(await person.page.locator('#m-63 .body').textContent(), 'message 61');
  t.deepEqual(person.complaints, []);
});
