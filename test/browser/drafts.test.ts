import test from 'ava';
import { append, begin, commit, openDrafting } from '../drafts/drafting.ts';
import { openBrowser, openLobbyPage, type Person } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { postAs } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** The rows of drafts that can be seen. */
const drafts = (person: Person) => {
  const root = person.script === 'on' ? person.page : person.page.frameLocator('iframe[title="Live messages"]');
  return root.locator('.draft:visible');
};

for (const script of ['on', 'off'] as const)
  check.serial(
    `drafts: with JavaScript ${script}, the answer of a bot is seen while it is written, and becomes a message in its place`,
    async (t) => {
      const { ann, bot } = await openDrafting(t);
      const person = await openLobbyPage(t, browser, ann, { script });
      await postAs(ann, 'What is to be done?');
      await person.sees('What is to be done?');
      const draft = await begin(bot, { body: 'First **this', format: 'markdown' });
      const row = drafts(person).filter({ hasText: 'First **this' });
      await row.waitFor();
      t.regex((await row.textContent()) ?? '', /Writer[\s\S]*writing…/);
      await append(bot, draft, '**, then\n\n- that\n- and that');
      await drafts(person).getByRole('listitem').filter({ hasText: 'and that' }).waitFor();
      t.is(await drafts(person).locator('b').textContent(), 'this');
      t.is(await drafts(person).count(), 1, 'one state of it');
      t.is(await person.message('and that').count(), 0, 'it is no message yet');
      await append(bot, draft, '\n- and the rest');
      await drafts(person).filter({ hasText: 'and the rest' }).waitFor();
      await commit(bot, draft);
      await person.sees('and the rest');
      await eventually(async () => (await drafts(person).count()) === 0);
      t.deepEqual(person.complaints, []);
    },
  );

check.serial(
  'drafts: the text is on the page at every moment of its way from draft to message, and what one reads stays in its place',
  async (t) => {
    const { ann, bot, bob } = await openDrafting(t);
    for (let n = 1; n <= 30; n += 1) await postAs(bob, `message ${n}`);
    const person = await openLobbyPage(t, browser, ann);
    await person.sees('message 30');
    const draft = await begin(bot, { body: 'the words', format: 'markdown' });
    await drafts(person).filter({ hasText: 'the words' }).waitFor();
    await person.page.evaluate(`
    globalThis.missing = 0;
    const column = document.querySelector('#messages').parentElement;
    new MutationObserver(() => {
      if (!column.textContent.includes('the words')) globalThis.missing += 1;
      if (column.textContent.split('the words').length > 2) globalThis.missing += 1;
    }).observe(column, { childList: true, subtree: true });
  `);
    const top = (): Promise<number> =>
      person.message('message 20').evaluate((row: { getBoundingClientRect(): { top: number } }) => row.getBoundingClientRect().top);
    await person.page.locator('#scroller').evaluate((scroller: { scrollTop: number }) => {
      scroller.scrollTop = -400;
    });
    await eventually(async () => (await person.page.evaluate<number>('document.querySelector("#scroller").scrollTop')) <= -300);
    await person.page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    const before = await top();
    await append(bot, draft, '\n\n- one\n- two\n- three\n- four');
    await person.page.locator('.draft li').filter({ hasText: 'four' }).waitFor();
    t.true(Math.abs((await top()) - before) <= 1, 'the draft grows below');
    await commit(bot, draft);
    await person.message('the words').waitFor({ state: 'attached' });
    t.true(Math.abs((await top()) - before) <= 1, 'and becomes a message');
    t.is(await person.page.evaluate<number>('globalThis.missing'), 0);
    t.deepEqual(person.complaints, []);
  },
);

check.serial('drafts: while new messages are paused a draft stands still, and is gone when it was posted meanwhile', async (t) => {
  const { ann, bot } = await openDrafting(t);
  const person = await openLobbyPage(t, browser, ann);
  const draft = await begin(bot, { body: 'so far' });
  await drafts(person).filter({ hasText: 'so far' }).waitFor();
  await person.page.getByRole('button', { name: 'Pause' }).click();
  await append(bot, draft, ', and on');
  await commit(bot, draft);
  await person.page.getByRole('button', { name: 'Resume, 1 new' }).waitFor();
  t.is(await drafts(person).locator('.body').textContent(), 'so far');
  await person.page.getByRole('button', { name: 'Resume' }).click();
  await person.sees('so far, and on');
  t.is(await drafts(person).count(), 0);
});
