import test, { type ExecutionContext } from 'ava';
import { newUid, systemRandom } from '../../lib/ids.ts';
import { openBrowser, Person, type Script } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { startServer, type TestServer } from '../helpers/server.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

test.after.always(async () => {
  if (!isMissing(browser)) await browser.close();
});

type Scene = { readonly site: TestServer; readonly ann: Client; readonly bob: Client; say(from: number, to: number): Promise<void> };

/** Ann and Bob in Lobby; Bob says `message 1`, `message 2` and so on. The first has seq 3. */
async function annAndBob(t: ExecutionContext, messages: number): Promise<Scene> {
  const site = await startServer({ env: { POSTS_PER_SECOND: '0' } });
  t.teardown(site.close);
  const [ann, bob] = [await site.signUp('Ann'), await site.signUp('Bob')];
  await bob.form('/groups/join', { slug: 'lobby' });
  const { core } = site;
  const group = await core.store.groups.bySlug('lobby');
  const author = await core.store.users.byNameKey('bob');
  if (!group || !author) throw new Error('nobody is there');
  const say = async (from: number, to: number): Promise<void> => {
    const draft = (n: number) =>
      ({ kind: 'message', author: author.id, uid: newUid(systemRandom), body: `message ${n}`, format: 'text' }) as const;
    await Promise.all(Array.from({ length: to - from + 1 }, (_, i) => core.appender.append(group.id, draft(from + i))));
  };
  if (messages > 0) await say(1, messages);
  return { site, ann, bob, say };
}

async function sitDown(t: ExecutionContext, site: TestServer, client: Client, path: string, script: Script = 'on'): Promise<Person> {
  const person = await Person.open(present(browser), site, script);
  t.teardown(() => person.close());
  await person.page.context().addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: site.url })));
  await person.go(path);
  if (script === 'on') await person.live();
  return person;
}

/** The numbers of the messages in the page, which are to be one stretch without a gap. */
async function stretch(t: ExecutionContext, { page }: Person): Promise<{ first: number; last: number; rows: number }> {
  const texts = await page.evaluate<string[]>(
    "[...document.querySelectorAll('#messages > article > .body')].map((body) => body.textContent)",
  );
  const numbers = texts.map((text) => Number(/\d+/.exec(text)?.[0]));
  const [first = 0, last = 0] = [numbers[0], numbers.at(-1)];
  t.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, i) => first + i),
  );
  t.true(numbers.length <= 300, `${numbers.length} rows`);
  return { first, last, rows: numbers.length };
}

type Ends = { readonly isPast: boolean; readonly first: string; readonly last: string };

/** Whether the newest rows are not among those of the page, and which messages it has first and last. */
const endsOf = ({ page }: Person): Promise<Ends> =>
  page.evaluate<Ends>(`(() => {
    const rows = [...document.querySelectorAll('#messages > article')].map(({ id }) => id);
    return { isPast: document.getElementById('messages').hasAttribute('data-past'), first: rows[0], last: rows.at(-1) };
  })()`);

/** Presses a key in the conversation, which brings more rows there, until the page is as it should be; with something else meanwhile. */
async function scrollUntil(person: Person, key: 'Home' | 'End', isThere: (ends: Ends) => boolean, meanwhile: () => Promise<void>) {
  const { page } = person;
  for (let ends = await endsOf(person); !isThere(ends); ends = await endsOf(person)) {
    await page.getByRole('region', { name: 'Conversation' }).press(key);
    const brought = key === 'Home' ? `article ~ #${ends.first}` : `#${ends.last} ~ article`;
    await page.locator(brought).first().waitFor({ state: 'attached' });
    await meanwhile();
  }
}

/** More than four pages' worth, so that rows are dropped at both ends; in `npm run test:all` twice as much. */
const MANY = process.env.PARLEY_TEST_ALL ? 1200 : 600;

check.serial(
  `${MANY} messages are read to the first and back to the last while new ones come: never more than 300 rows, never a gap`,
  async (t) => {
    t.timeout(180_000); // some twenty steps each way, on a machine that may be busy
    const { site, ann, say } = await annAndBob(t, MANY);
    const person = await sitDown(t, site, ann, '/groups/lobby');
    const { page } = person;
    t.deepEqual(await stretch(t, person), { first: MANY - 49, last: MANY, rows: 50 });

    let said = MANY;
    const more = async (): Promise<void> => {
      await say(said + 1, said + 5);
      said += 5;
    };
    await scrollUntil(
      person,
      'Home',
      ({ first }) => first === 'm-3',
      async () => {
        await more();
        await stretch(t, person);
      },
    );
    t.true(said >= MANY + MANY / 30, `there were ${said}`);
    t.is(await page.getByRole('link', { name: 'Older messages' }).count(), 0);
    await page.getByText('Older messages loaded').waitFor({ state: 'attached' });
    const pill = page.locator('#newest');
    await page.getByRole('link', { name: /^\d+ new messages – jump to newest$/ }).waitFor();
    const { last } = await stretch(t, person);
    t.true(last <= 300, 'what arrived is not among what is long past');

    const wanted = said + 20;
    await scrollUntil(
      person,
      'End',
      ({ isPast }) => !isPast,
      async () => {
        if (said < wanted) await more();
        await stretch(t, person);
      },
    );
    await page.locator('#messages').getByText(`message ${said}`, { exact: true }).waitFor({ state: 'attached' });
    await eventually(async () => {
      await page.getByRole('region', { name: 'Conversation' }).press('End'); // again: what comes in between ends a scroll under way
      return page.evaluate<boolean>("document.getElementById('scroller').scrollTop > -8");
    });
    await pill.waitFor({ state: 'hidden' });
    await say(said + 1, said + 1);
    await person.sees(`message ${said + 1}`);
    await stretch(t, person);
    t.deepEqual(person.complaints, []);
  },
);

check.serial('timeline: visible messages stay in place while older ones load above and new ones arrive below', async (t) => {
  const { site, ann, say } = await annAndBob(t, 200);
  const person = await sitDown(t, site, ann, '/groups/lobby');
  const { page } = person;
  const text = (n: number) => page.locator('#messages > article').getByText(`message ${n}`, { exact: true });
  const top = async (n: number): Promise<number> => (await text(n).boundingBox())?.y ?? Number.NaN;
  await page.evaluate("document.getElementById('scroller').scrollTop = -document.getElementById('scroller').scrollHeight");
  await text(101).waitFor({ state: 'attached' });
  const { first } = await stretch(t, person);
  t.true(first <= 101);
  const seen = await page.evaluate<number>(`(() => {
    const { top } = document.getElementById('scroller').getBoundingClientRect();
    const row = [...document.querySelectorAll('#messages > article')].find((one) => one.getBoundingClientRect().top > top);
    return Number(/[0-9]+$/.exec(row.querySelector('.body').textContent)[0]);
  })()`);
  const before = await top(seen);
  await say(201, 210);
  await person.message('message 210').waitFor({ state: 'attached' });
  const moved = (await top(seen)) - before;
  t.true(Math.abs(moved) <= 1, `message ${seen} was at ${before} and moved by ${moved}`);
  t.true(seen >= 140 && seen <= 155, `the row that was the first is still in view, not ${seen}`);
  t.deepEqual(person.complaints, []);
});

check.serial('timeline: from the past, Escape, the button or an own message lead to the newest', async (t) => {
  const { site, ann, say } = await annAndBob(t, 500);
  const person = await sitDown(t, site, ann, '/groups/lobby?around=100#m-100');
  const { page } = person;
  const isNewest = () => page.locator('#messages:not([data-past])').waitFor();
  t.is(await page.locator('#m-100').getAttribute('aria-current'), 'true');
  await say(501, 501);
  await page.getByRole('link', { name: '1 new message – jump to newest' }).waitFor();
  t.is(await person.message('message 501').count(), 0);
  await page.keyboard.press('Escape');
  await person.sees('message 501');
  t.is((await stretch(t, person)).last, 501);

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
  t.is((await stretch(t, person)).last, 502);
  t.deepEqual(person.complaints, []);
});

for (const script of ['on', 'off'] as const)
  check.serial(`unread line: with JavaScript ${script} a line marks the first unread message, and a link leads to it`, async (t) => {
    const { site, ann, say } = await annAndBob(t, 10);
    await ann.json('POST', '/groups/lobby/read');
    await say(11, 110);
    const person = await sitDown(t, site, ann, '/groups/lobby', script);
    const { page } = person;
    await page.getByRole('link', { name: 'Jump to the first unread (100)' }).click({ noWaitAfter: true });
    const line = page.getByRole('separator', { name: /^New since/ });
    await line.waitFor();
    t.regex(page.url(), /\?around=13&unread=13#unread$/);
    t.is(await line.locator('+ article .body').textContent(), 'message 11');
    t.deepEqual(person.complaints, []);
  });

check.serial('read mark: viewing the unread line marks nothing as read; viewing the newest message does', async (t) => {
  const { site, ann, say } = await annAndBob(t, 100);
  const unread = async () => (await ann.get('/groups/lobby', 'application/json')).json<{ unread: number }>().unread;
  await ann.json('POST', '/groups/lobby/read', { n: 20 });
  const person = await sitDown(t, site, ann, '/login'.replace('/login', '/groups/lobby?around=23&unread=23#unread'));
  await say(101, 101);
  await person.page.getByRole('link', { name: '1 new message – jump to newest' }).waitFor();
  t.is(await unread(), 81);
  const read = person.page.waitForResponse((answer) => answer.url().endsWith('/read'));
  await person.page.keyboard.press('Escape');
  t.is((await read).status(), 200);
  t.is(await unread(), 0);
});

check.serial('read mark: Mark unread from here puts the line before the message, and the page keeps it', async (t) => {
  const { site, ann, say } = await annAndBob(t, 8);
  await ann.json('POST', '/groups/lobby/read');
  const unread = async () => (await ann.get('/groups/lobby', 'application/json')).json<{ unread: number }>().unread;
  const person = await sitDown(t, site, ann, '/groups/lobby');
  const row = await person.actions('message 6');
  await row.getByRole('button', { name: 'Mark unread from here' }).click();
  await person.page.getByText('Marked as unread from here').waitFor({ state: 'attached' });
  const line = person.page.getByRole('separator', { name: /^New since/ });
  t.is(await line.locator('+ article .body').textContent(), 'message 6');
  await say(9, 9);
  await person.sees('message 9');
  t.is(await unread(), 4);
  const other = await sitDown(t, site, ann, '/direct', 'off');
  await other.go('/groups/lobby');
  t.is(await unread(), 0, 'whoever comes back reads it');
  t.deepEqual(person.complaints, []);
});

check.serial('unread line: drawn before messages that arrived while the tab was hidden', async (t) => {
  const { site, ann, say } = await annAndBob(t, 5);
  await ann.json('POST', '/groups/lobby/read');
  const person = await sitDown(t, site, ann, '/groups/lobby');
  const hide = (isHidden: boolean) =>
    person.page.evaluate(`
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  t.is(await person.page.getByRole('separator').count(), 0);
  await hide(true);
  await say(6, 7);
  await hide(false);
  await person.sees('message 7');
  const line = person.page.getByRole('separator', { name: /^New since/ });
  t.is(await line.locator('+ article .body').textContent(), 'message 6');
});

check.serial('timeline: jumping to a day uses the reader’s time zone', async (t) => {
  const { site, ann, say } = await annAndBob(t, 60);
  site.clock.turn(40 * 3_600_000); // 4 January, 04:00 UTC
  await say(61, 120);
  const person = await sitDown(t, site, ann, '/groups/lobby');
  const form = person.page.getByRole('form', { name: 'Jump to date' });
  await form.getByLabel('Jump to date').fill('2026-01-04');
  await form.getByRole('button', { name: 'Go' }).click();
  await person.page.waitForURL(/\?after=62#m-63$/);
  t.is(await person.page.locator('#m-63 .body').textContent(), 'message 61');
  t.deepEqual(person.complaints, []);
});
