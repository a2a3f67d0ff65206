import test from 'ava';
import type { Locator } from 'playwright-core';
import { openBrowser, openLobbyPage, type Person, type Script } from '../helpers/browser.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { openOffers } from '../messages/actions/offers.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);
/** The ephemeral message, below the messages or, without JavaScript, in the live document. */
const ephemeral = ({ page, script }: Person): Locator =>
  (script === 'on' ? page : page.frameLocator('iframe[title="Live messages"]'))
    .locator('.ephemeral')
    .filter({ hasText: 'can be deployed' });
const SAID = 'Only *main* can be deployed.';

for (const script of ['on', 'off'] as const satisfies readonly Script[])
  check.serial(`a command to a bot with JavaScript ${script}: the answer is seen by its author, and dismissed`, async (t) => {
    const site = await openOffers(t);
    await site.bot.json('PUT', '/groups/lobby/commands/deploy', { help: 'Deploys a branch.', hint: 'branch' });
    const ann = await openLobbyPage(t, browser, site.ann, { script });
    const bob = await openLobbyPage(t, browser, site.bob, { script });
    await ann.write('/deploy old');
    await ann.page.getByText('Sent to deploy.').first().waitFor();
    await site.bot.json('POST', '/groups/lobby/ephemeral', { user: 'Ann', body: SAID, format: 'markdown' });
    const row = ephemeral(ann);
    await row.getByText('Only you see this').waitFor();
    await site.bot.json('POST', '/groups/lobby/messages', { body: 'For all to see' });
    await bob.sees('For all to see');
    t.is(await ephemeral(bob).count(), 0);
    await ann.press(row.getByRole('button', { name: 'Dismiss' }));
    await ann.sees('For all to see');
    await row.waitFor({ state: 'detached' });
    t.deepEqual((await site.ann.get('/groups/lobby/ephemeral', 'application/json')).json(), []);
    t.deepEqual([...ann.complaints, ...bob.complaints], []);
  });

check.serial('a command to a bot is suggested with its name and help', async (t) => {
  const site = await openOffers(t);
  await site.bot.json('PUT', '/groups/lobby/commands/deploy', { help: 'Deploys a branch.', hint: 'branch' });
  const ann = await openLobbyPage(t, browser, site.ann);
  await ann.composer().pressSequentially('/dep');
  await ann.page.getByText('branch – Deploys a branch.').waitFor();
  await ann.page.keyboard.press('Tab');
  t.is(await ann.composer().inputValue(), '/deploy ');
});

check.serial('an ephemeral message is there after a reload, and goes in every window when it is dismissed in one', async (t) => {
  const site = await openOffers(t);
  const [one, two] = [await openLobbyPage(t, browser, site.ann), await openLobbyPage(t, browser, site.ann)];
  await site.bot.json('POST', '/groups/lobby/ephemeral', { user: 'Ann', body: SAID });
  for (const window of [one, two]) await ephemeral(window).waitFor();
  await one.page.reload();
  await ephemeral(one).getByRole('button', { name: 'Dismiss' }).click();
  for (const window of [one, two]) await ephemeral(window).waitFor({ state: 'detached' });
  t.deepEqual([...one.complaints, ...two.complaints], []);
});
