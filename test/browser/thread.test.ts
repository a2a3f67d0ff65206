import test, { type ExecutionContext } from 'ava';
import { openBrowser, openWindow, type Person } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { bodiesFor, openLobby, postAs } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { numbers } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

/** Ann at the page of a thread with `count` replies of Bob, and the function by which Bob adds one. */
async function openThread(t: ExecutionContext, count: number) {
  const site = await openLobby(t, { env: { POSTS_PER_SECOND: '0' } });
  const { seq: root } = await postAs(site.ann, 'Shall we sail?');
  const reply = (body: string) => site.bob.json('POST', '/groups/lobby/messages', { body, reply_to: root });
  for (const n of numbers(1, count)) await reply(`reply ${n}`);
  const ann = await openWindow(t, browser, site.ann);
  await ann.go(`/groups/lobby/messages/${root}/thread`);
  await ann.live();
  return { ann, bob: site.bob, reply };
}

const topOf = (ann: Person, text: string): Promise<number> =>
  ann.message(text).evaluate((row: { getBoundingClientRect(): { top: number } }) => row.getBoundingClientRect().top);

/** Scrolls and waits until the page has noted it. */
async function scrollTo(ann: Person, top: number): Promise<void> {
  await ann.page.locator('#scroller').evaluate(
    (scroller: { scrollTop: number; addEventListener(name: string, act: () => void, how: object): void }, wanted: number) =>
      new Promise<void>((resolve) => {
        scroller.addEventListener('scroll', resolve, { once: true });
        scroller.scrollTop = wanted;
      }),
    top,
  );
}

check.serial('thread page: what one reads stays in its place when a reply arrives; at the end the page follows', async (t) => {
  const { ann, reply } = await openThread(t, 40);
  await scrollTo(ann, -900);
  const before = await topOf(ann, 'reply 20');
  await reply('one that arrives');
  await ann.sees('one that arrives');
  t.true(Math.abs((await topOf(ann, 'reply 20')) - before) <= 1);
  await scrollTo(ann, 0);
  await reply('the last');
  await ann.message('the last').waitFor();
  const isSeen = () =>
    ann.message('the last').evaluate((row: { getBoundingClientRect(): { bottom: number } }) => row.getBoundingClientRect().bottom < 800);
  await eventually(isSeen);
  t.deepEqual(ann.complaints, []);
});

check.serial('thread page: Reply answers a message of the thread, and the next message answers the root again', async (t) => {
  const { ann, bob } = await openThread(t, 2);
  await (await ann.actions('reply 2')).getByRole('link', { name: 'Reply' }).click();
  await ann.page.locator('#replying').getByText('Replying to Bob reply 2').waitFor();
  await ann.write('to that one');
  await ann.message('to that one').getByRole('link', { name: 'Bob reply 2' }).waitFor();
  await ann.write('to all');
  await ann.sees('to all');
  const messages = (await bob.json('GET', '/groups/lobby/messages')).json<{ seq: number; reply_to: number | null; body: string }[]>();
  const seqOf = (text: string) => messages.find(({ body }) => body === text)?.seq;
  t.deepEqual(
    messages.slice(-2).map(({ reply_to }) => reply_to),
    [seqOf('reply 2'), seqOf('Shall we sail?')],
  );
  t.deepEqual(ann.complaints, []);
});

check.serial('thread page: a message of the group that this tab had not sent is sent, and is not shown in the thread', async (t) => {
  const { ann, bob, reply } = await openThread(t, 1);
  await storeUnsent(ann, 'for everybody');
  await ann.page.reload();
  await ann.live();
  await eventually(async () => (await bodiesFor(bob as Client)).includes('for everybody'));
  await reply('a reply');
  await ann.sees('a reply');
  await ann.page.locator('#outbox .msg').waitFor({ state: 'detached' });
  t.deepEqual(await ann.bodies(), ['Shall we sail?', 'reply 1', 'a reply']);
  t.deepEqual(ann.complaints, []);
});

/** As a page of the group leaves a message that it was sending. */
async function storeUnsent({ page }: Person, text: string): Promise<void> {
  const entry = JSON.stringify({ key: 'k'.repeat(24), text });
  await page.evaluate(
    `localStorage.setItem('draft:' + document.body.dataset.viewer + ':/groups/lobby/messages', JSON.stringify([{ ...${entry}, at: Date.now(), tab: sessionStorage.tab, isFailed: false, hasFiles: false }]))`,
  );
}
