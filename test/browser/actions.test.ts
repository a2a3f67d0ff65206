import test from 'ava';
import { openBrowser, openLobbyPage, type Script } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { APPROVE, openOffers, REJECT } from '../messages/actions/offers.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

for (const script of ['on', 'off'] as const satisfies readonly Script[]) {
  check.serial(`actions with JavaScript ${script}: a button is pressed; everybody sees by whom, and what the bot answers`, async (t) => {
    const site = await openOffers(t);
    const path = await site.offer([APPROVE, { ...REJECT, confirm: 'Stop the train?' }]);
    const [ann, bob] = [await openLobbyPage(t, browser, site.ann, { script }), await openLobbyPage(t, browser, site.bob, { script })];
    await ann.press(ann.message('Deploy').getByText('Reject…'));
    await ann.message('Deploy').getByText('Stop the train?').waitFor();
    await bob.press(bob.message('Deploy').getByRole('button', { name: 'Approve' }));
    for (const person of [ann, bob]) {
      await person.message('Approved by Bob').getByText('Waiting for deploy').waitFor();
      t.is(
        await person
          .message('Deploy')
          .getByText(/^(?:Approve|Reject…)$/)
          .count(),
        0,
      );
    }
    await site.bot.json('PATCH', path, { body: 'Deployed 1.4.2', actions: [] });
    for (const person of [ann, bob]) await person.sees('Deployed 1.4.2');
    t.is((await site.acts()).length, 1);
    t.deepEqual([...ann.complaints, ...bob.complaints], []);
  });

  check.serial(`actions with JavaScript ${script}: a form is refused, corrected and sent`, async (t) => {
    const site = await openOffers(t);
    const fields = [
      { id: 'why', label: 'Why', type: 'text', max: 20 },
      { id: 'who', label: 'Who', type: 'member', optional: true },
    ];
    const path = await site.offer([{ id: 'reject', label: 'Reject', done: 'Rejected', fields }]);
    const ann = await openLobbyPage(t, browser, site.ann, { script });
    await ann.press(ann.message('Deploy').getByRole('link', { name: 'Reject…' }));
    const form = ann.page.locator(`form[action="${path}/actions/reject"]`);
    await form.getByLabel('Why').fill('\u200b');
    await ann.press(form.getByRole('button', { name: 'Reject' }));
    await form.getByText('Why: a value is missing.').waitFor();
    await site.bot.json('PUT', `${path}/reactions/x`); // a change of the row leaves the form alone
    await form.getByLabel('Why').fill('too late');
    await form.getByLabel('Who').selectOption({ label: 'Bob' });
    await ann.press(form.getByRole('button', { name: 'Reject' }));
    await ann.message('Rejected by Ann').waitFor();
    const [act] = await site.acts();
    t.deepEqual(act?.values, { why: 'too late', who: site.bobUser.id });
    t.deepEqual(ann.complaints, []);
  });
}

check.serial('actions: are in reach of the keyboard, and the focus stays on the button', async (t) => {
  const site = await openOffers(t);
  await site.offer([{ id: 'many', label: 'Again', uses: 'many' }]);
  const ann = await openLobbyPage(t, browser, site.ann);
  const rev = ann.message('Deploy').locator('[name="rev"]');
  await ann.message('Deploy').getByRole('button', { name: 'Again' }).focus();
  for (const count of [1, 2]) {
    const before = await rev.inputValue();
    await ann.page.keyboard.press('Enter');
    await eventually(async () => (await site.acts()).length === count && (await rev.inputValue()) !== before);
    t.is(await ann.page.evaluate('document.activeElement.value'), 'many');
  }
  await ann.message('Again: Ann').waitFor();
  t.deepEqual(ann.complaints, []);
});

check.serial('actions: who may not use one sees for whom it is', async (t) => {
  const site = await openOffers(t);
  await site.offer([{ id: 'bobs', label: 'Sign', who: ['Bob'], uses: 'person' }]);
  for (const script of ['on', 'off'] as const) {
    const [ann, bob] = [await openLobbyPage(t, browser, site.ann, { script }), await openLobbyPage(t, browser, site.bob, { script })];
    await ann.message('Deploy').getByText('Sign (only for Bob)').waitFor();
    t.false(await ann.message('Deploy').getByRole('button', { name: 'Sign' }).isVisible());
    await bob.message('Deploy').getByRole('button', { name: 'Sign' }).waitFor();
    t.false(await bob.message('Deploy').getByText('Sign (only for Bob)').isVisible());
  }
});
