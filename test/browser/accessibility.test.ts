import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import test, { type ExecutionContext } from 'ava';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { newGroupId } from '../../lib/ids.ts';
import { unsubscribeToken } from '../../lib/mail/digest.ts';
import { newLink } from '../../lib/mail/links.ts';
import { formOf, newImage } from '../files/fixtures.ts';
import { openBrowser, openWindow } from '../helpers/browser.ts';
import type { Client } from '../helpers/client.ts';
import { setUpApp } from '../helpers/second-factor.ts';
import { PASSWORD, startServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// Nothing is sent: no mail is due.
const site = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:9', PUBLIC_URL: 'http://chat.example.org' } });
const ann = await site.signUp('Ann');
const visitor = site.client();
const RICH = `# A heading\n\n**bold**, *italic*, ~~gone~~, \`code\`, [a link](https://example.org)\n\n> quoted\n\n- one\n- two\n\n1. first\n\n---\n
| pier | boat | leaves |\n|---|---|---:|\n| north | ${'Alma '.repeat(20)} | 12:00 |\n
~~~js\n// a comment\nconst boats = [1, 'two', /three/g].map((one) => one ?? null); // ${'and so on '.repeat(12)}\n~~~\n
~~~diff\n+ added\n- removed\n~~~`;
const { bob, direct, invite } = await furnish();
const halfLoggedIn = site.client();
const { confirm, reset, invited, unsubscribe, bot, delivery } = await furnishOthers();

test.after.always(() => site.close());

/** A group whose page shows every kind of content: two authors, a bot, an edited, an erased and a long message, reactions. */
async function furnish(): Promise<{ bob: Client; direct: string; invite: string }> {
  const bob = await site.signUp('Bob');
  await bob.form('/groups/join', { slug: 'lobby' });
  await ann.form('/groups/lobby/settings', { action: 'topic', topic: 'Where everybody meets' });
  const postText = async (client: Client, body: string): Promise<string> =>
    (await client.json('POST', '/groups/lobby/messages', { body })).headers.get('Location') ?? '';
  const first = await postText(ann, 'Hello @Bob, see https://example.org/a/path');
  await postText(ann, 'And a second one');
  const second = await postText(bob, `A word that does not end: ${'x'.repeat(200)}`);
  const third = await postText(bob, 'What nobody should read');
  for (const client of [ann, bob]) await client.json('PUT', `${first}/reactions/${encodeURIComponent('🎉')}`);
  await bob.json('PUT', `${second}/reactions/${encodeURIComponent('👍')}`);
  await bob.json('PUT', `${second}/pin`);
  for (const url of [first, second]) await ann.json('POST', `${url}/save`);
  await ann.json('PATCH', first, { body: 'Hello @Bob, see https://example.org/another/path' });
  await bob.json('DELETE', third);
  await setUpApp(bob, site.clock);
  const { slug, url } = (await bob.json('POST', '/direct', { with: 'Ann' })).json<{ slug: string; url: string }>();
  await bob.json('POST', `/groups/${slug}/messages`, { body: 'Have you a minute?' });
  for (const name of ['Carl', 'Dora', 'Eve']) await (await site.signUp(name)).form('/groups/join', { slug: 'lobby' });
  await ann.json('POST', '/groups', { name: 'News' });
  const { invite: link } = (await ann.json('POST', '/groups/news/settings', { action: 'limits', uses: 5 })).json<{ invite: string }>();
  await ann.json('POST', '/groups/news/settings', { action: 'level', level: 'nothing' });
  await ann.json('POST', '/groups/news/messages', { body: RICH, format: 'markdown' });
  await ann.send('/groups/news/messages', { method: 'POST', body: await ofAllKinds(), headers: { Accept: 'application/json' } });
  await ann.json('POST', '/groups', { name: 'Old' });
  await ann.json('POST', '/groups/old/settings', { action: 'archive', on: '1' });
  await ann.form('/groups/lobby/bots', { action: 'create', name: 'Deploy' });
  return { bob, direct: pathOf(url), invite: pathOf(link) };
}

function pathOf(url: string): string {
  return new URL(url, site.url).pathname;
}

/** What the pages need that few people see: links of mails, a log-in before its second factor, a call of a bot that failed. */
async function furnishOthers() {
  const { core } = site;
  const { id: user } = await personCalled('bob');
  const { id: by } = await personCalled('ann');
  const bot = await personCalled('deploy');
  const link = async (kind: 'confirm' | 'reset' | 'invite', about: object) =>
    pathOf(await newLink(core, kind, { user: kind === 'invite' ? null : user, about }));
  await halfLoggedIn.form('/login', { name: 'Bob', password: PASSWORD });
  const group = await core.store.groups.bySlug('lobby');
  const attempt = { at: core.now(), status: 500, ms: 12, error: 'the answer was 500', answer: '{"error": "no"}', answerBytes: 15 };
  await core.store.deliveries.insert([
    {
      ...{ id: 'failed-call', bot: bot.id, group: group?.id ?? newGroupId(core.random), seq: 4, message: 4, reply: null, event: 'posted' },
      ...{ state: 'failed', reason: 'the answer was 500', due: core.now(), tries: 1, attempts: [attempt] },
      ...{ createdAt: core.now(), finishedAt: core.now(), rev: 1 },
    },
  ]);
  return {
    confirm: await link('confirm', { address: 'bob@example.org' }),
    reset: await link('reset', { address: 'bob@example.org' }),
    invited: await link('invite', { address: 'fay@example.org', by }),
    unsubscribe: `/unsubscribe/${unsubscribeToken(core, user)}`,
    bot: `/groups/lobby/bots/${bot.id}`,
    delivery: 'failed-call',
  };
}

async function personCalled(name: string) {
  const found = await site.core.store.users.byNameKey(name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** An image, an audio file, and a file that can only be downloaded. */
async function ofAllKinds(): Promise<FormData> {
  const audio = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(28)]);
  return formOf([
    { name: 'harbour.png', content: await newImage(600, 300).png().toBuffer(), type: 'image/png' },
    { name: 'horn.wav', content: audio, type: 'audio/wav' },
    { name: 'a name that goes on and on without an end in sight.txt', content: 'text', type: 'text/plain' },
  ]);
}

type PageUnderTest = { readonly name: string; readonly path: string; readonly who: Client };

const PAGES: readonly PageUnderTest[] = [
  { name: 'welcome', path: '/', who: visitor },
  { name: 'log-in', path: '/login', who: visitor },
  { name: 'sign-up', path: '/signup', who: visitor },
  { name: 'log-in with a second factor', path: '/login/second-factor', who: halfLoggedIn },
  { name: 'log-out', path: '/logout', who: ann },
  { name: 'forgotten password', path: '/forgot-password', who: visitor },
  { name: 'new password', path: reset, who: visitor },
  { name: 'invitation by mail', path: invited, who: visitor },
  { name: 'confirming an address', path: confirm, who: bob },
  { name: 'no more digests', path: unsubscribe, who: visitor },
  { name: 'groups', path: '/groups', who: ann },
  { name: 'going somewhere', path: '/switch', who: ann },
  { name: 'sharing', path: '/share?text=Timetable', who: ann },
  { name: 'without the network', path: '/offline', who: visitor },
  { name: 'group', path: '/groups/lobby', who: ann },
  { name: 'group with an unread line', path: '/groups/lobby?around=4&unread=4', who: ann },
  { name: 'Markdown and files', path: '/groups/news', who: ann },
  { name: 'archived group', path: '/groups/old', who: ann },
  { name: 'API', path: '/docs', who: visitor },
  { name: 'search', path: '/search?q=word', who: ann },
  { name: 'search without words', path: '/search', who: ann },
  { name: 'one message', path: '/groups/lobby/messages/4', who: ann },
  { name: 'edit', path: '/groups/lobby/messages/4/edit', who: ann },
  { name: 'emoji', path: '/groups/lobby/messages/4/emoji', who: ann },
  { name: 'members', path: '/groups/lobby/members', who: ann },
  { name: 'group settings', path: '/groups/lobby/settings', who: ann },
  { name: 'group settings of a member', path: '/groups/lobby/settings', who: bob },
  { name: 'direct messages', path: '/direct', who: ann },
  { name: 'one conversation', path: direct, who: ann },
  { name: 'settings of a conversation', path: `${direct}/settings`, who: ann },
  { name: 'invitation', path: invite, who: bob },
  { name: 'invitation of a visitor', path: invite, who: visitor },
  { name: 'pinned', path: '/groups/lobby/pins', who: ann },
  { name: 'saved', path: '/saved', who: ann },
  { name: 'nothing pinned', path: '/groups/news/pins', who: ann },
  { name: 'nothing saved', path: '/saved', who: bob },
  { name: 'earlier versions', path: '/groups/lobby/messages/4/history', who: ann },
  { name: 'bots', path: '/groups/lobby/bots', who: ann },
  { name: 'a bot', path: bot, who: ann },
  { name: 'a call of a bot', path: `${bot}/deliveries/${delivery}`, who: ann },
  { name: 'settings', path: '/settings', who: ann },
  { name: 'second factor', path: '/settings/second-factor', who: ann },
  { name: 'second factor that is set up', path: '/settings/second-factor', who: bob },
  { name: 'security events', path: '/settings/security', who: ann },
  { name: 'mail address', path: '/settings/email', who: ann },
  { name: 'administration', path: '/admin', who: ann },
  { name: 'security events of everybody', path: '/admin/security', who: ann },
  { name: 'storage', path: '/admin/storage', who: ann },
  { name: 'erasing', path: '/admin/erase', who: ann },
  { name: 'profile', path: '/people/Bob', who: ann },
  { name: 'own profile', path: '/people/Ann', who: ann },
  { name: 'profile settings', path: '/settings/profile', who: ann },
  { name: 'own data', path: '/settings/data', who: ann },
  { name: 'appearance', path: '/settings/appearance', who: ann },
  { name: 'report a message', path: '/groups/lobby/messages/4/report', who: bob },
  { name: 'messages of all groups', path: '/admin/messages?q=word', who: ann },
  { name: 'reports', path: '/admin/reports', who: ann },
  { name: 'new account', path: '/admin/people/new', who: ann },
  { name: 'an account', path: `/admin/people/${(await personCalled('bob')).id}`, who: ann },
  { name: 'audit log', path: '/admin/audit', who: ann },
  { name: 'error', path: '/groups/nowhere', who: ann },
];

/** Runs axe on the page and its frames; without motion, so that axe measures no colour in a transition. */
async function violations(page: Page, colorScheme: 'light' | 'dark', options: RunOptions = {}): Promise<string[]> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(axe);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
}

/** Controls smaller than 44 px. The target includes the area of `::after`; a checkbox in a label has the size of the label. */
const SMALL = `[...document.querySelectorAll('button, summary, nav a, a.button, a.turn, label:has(input), select, input:not([type=hidden], label input), textarea')]
  .filter((control) => control.checkVisibility({ visibilityProperty: true }) && !control.closest('.vh'))
  .map((control) => {
    const around = getComputedStyle(control, '::after');
    const isLaidAround = around.content !== 'none' && around.position === 'absolute';
    const more = (...sides) => (isLaidAround ? sides.reduce((sum, side) => sum + Math.max(0, -parseFloat(around[side]) || 0), 0) : 0);
    const { width, height } = control.getBoundingClientRect();
    return { control, width: width + more('left', 'right'), height: height + more('top', 'bottom') };
  })
  .filter(({ width, height }) => width < 43.9 || height < 43.9)
  .map(({ control, width, height }) => width.toFixed(1) + ' by ' + height.toFixed(1) + ': ' + control.outerHTML.slice(0, 120))`;

/** Elements wider than the window or than their scroll container. Tables and code may be, in containers of their own. */
const WIDE = `[
  ...[document.scrollingElement, ...document.querySelectorAll('main, nav, .scroller, .column')].filter((box) => box.scrollWidth > box.clientWidth),
  ...[...document.querySelectorAll('body *')].filter((box) => box.checkVisibility() && !box.closest('table, pre') && box.getBoundingClientRect().right > innerWidth + 1),
].map((box) => box.outerHTML.slice(0, 120))`;

const MOVING = 'document.getAnimations().map((animation) => animation.animationName ?? animation.transitionProperty)';

type Check = { readonly title: string; readonly findViolations: (page: Page) => Promise<readonly string[]> };

const CHECKS: readonly Check[] = [
  { title: 'accessibility: axe finds no violations on any page', findViolations: (page) => violations(page, 'light') },
  {
    title: 'accessibility: every text has enough contrast in the dark theme',
    findViolations: (page) => violations(page, 'dark', { runOnly: ['color-contrast'] }),
  },
  {
    title: 'accessibility: on a phone every control is at least 44 px wide and high',
    findViolations: async (page) => {
      await page.setViewportSize({ width: 390, height: 844 });
      return page.evaluate(SMALL);
    },
  },
  {
    title: 'accessibility: no horizontal scrolling at 320 px',
    findViolations: async (page) => {
      await page.setViewportSize({ width: 320, height: 640 });
      return page.evaluate(WIDE);
    },
  },
  {
    title: 'accessibility: no motion with prefers-reduced-motion',
    findViolations: async (page) => {
      await page.keyboard.press('Tab');
      await page.locator('#connection').evaluateAll((all) => all.map((status) => status.setAttribute('data-state', 'reconnecting')));
      return page.evaluate(MOVING);
    },
  },
];

const open = async (t: ExecutionContext, who: Client): Promise<Page> => (await openWindow(t, browser, who)).page;

/** Opens every page once and runs each check on it: the violations by check and page. */
async function checkPages(t: ExecutionContext): Promise<Map<Check, Record<string, readonly string[]>>> {
  const found = new Map(CHECKS.map((each) => [each, {} as Record<string, readonly string[]>]));
  const pages = new Map([
    [ann, await open(t, ann)],
    [bob, await open(t, bob)],
    [visitor, await open(t, visitor)],
    [halfLoggedIn, await open(t, halfLoggedIn)],
  ]);
  for (const { name, path, who } of PAGES) {
    const page = pages.get(who);
    await page?.setViewportSize({ width: 1280, height: 800 });
    const answer = await page?.goto(path, { waitUntil: 'domcontentloaded' });
    t.is(answer?.status(), name === 'error' ? 404 : 200, name);
    for (const [{ findViolations }, violations] of found) {
      const here = page ? await findViolations(page) : ['not opened'];
      if (here.length > 0) violations[name] = here;
    }
  }
  return found;
}

let checked: ReturnType<typeof checkPages> | undefined;

for (const each of CHECKS)
  check.serial(each.title, async (t) => {
    checked ??= checkPages(t);
    t.deepEqual((await checked).get(each), {});
  });

check.serial('accessibility: axe finds no violations in open panels and message actions on a phone', async (t) => {
  const page = await open(t, ann);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/groups/lobby');
  for (const summary of ['.side > summary', '#m-4 .past > summary', '.people > summary']) {
    await page.locator(summary).press('Enter');
    await page.locator(summary.replace(' > summary', '[open]')).waitFor({ state: 'attached' });
    t.deepEqual(await violations(page, 'light'), [], summary);
    await page.keyboard.press('Escape');
  }
  await page.locator('#m-4').getByLabel('Actions').press('Enter');
  await page.locator('#menu').waitFor();
  for (const theme of ['light', 'dark'] as const) t.deepEqual(await violations(page, theme), [], `actions, ${theme}`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Go to' }).getByRole('link').first().waitFor();
  t.deepEqual(await violations(page, 'light'), [], 'switcher');
  await page.keyboard.press('Escape');
  for (const [typed, name] of [
    ['@', 'People to mention'],
    [':bo', 'Emoji'],
  ] as const) {
    await page.locator('#body').fill('');
    await page.locator('#body').pressSequentially(`to ${typed}`);
    await page.getByRole('listbox', { name }).waitFor();
    for (const theme of ['light', 'dark'] as const) t.deepEqual(await violations(page, theme), [], `${name}, ${theme}`);
  }
  await page.locator('#body').fill('');
  await page.getByRole('link', { name: 'Emoji' }).press('Enter');
  await page.getByRole('dialog', { name: 'Emoji' }).getByRole('button').first().waitFor();
  for (const theme of ['light', 'dark'] as const) t.deepEqual(await violations(page, theme), [], `emoji, ${theme}`);
});

check.serial('accessibility: the motion test detects motion without prefers-reduced-motion', async (t) => {
  const page = await open(t, ann);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.goto('/groups/lobby');
  await page.locator('#connection').evaluate((status) => status.setAttribute('data-state', 'reconnecting'));
  t.deepEqual(await page.evaluate(MOVING), ['breathe']);
});
