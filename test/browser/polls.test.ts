import test from 'ava';
import { openBrowser, openLobbyPage, type Script } from '../helpers/browser.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { openSite } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

for (const script of ['on', 'off'] as const satisfies readonly Script[])
  check.serial(`a poll with JavaScript ${script}: is asked with /poll, voted in and closed`, async (t) => {
    const site = await openSite(t);
    const [ann, bob] = [await openLobbyPage(t, browser, site.ann, { script }), await openLobbyPage(t, browser, site.bob, { script })];
    await ann.write('/poll Where to? The park, The pier');
    await bob.press(bob.message('Where to?').getByRole('button', { name: 'The pier' }));
    for (const person of [ann, bob]) await person.message('Where to?').getByText('The pier (1): Bob').waitFor();
    t.is(await bob.message('Where to?').getByRole('button', { name: 'The park' }).isVisible(), false, 'one vote for each');
    await ann.message('Where to?').getByRole('button', { name: 'The park' }).waitFor();
    t.is(await bob.message('Where to?').getByRole('button', { name: 'Close the poll' }).isVisible(), false);
    await ann.press(ann.message('Where to?').getByRole('button', { name: 'Close the poll' }));
    for (const person of [ann, bob]) {
      await person.message('Where to?').getByText('Closed by Ann').waitFor();
      await person.message('Where to?').getByText('The park (0)').waitFor();
      t.is(await person.message('Where to?').locator('.actions button').count(), 0);
    }
    t.deepEqual([...ann.complaints, ...bob.complaints], []);
  });
