import test from 'ava';
import { TYPING_MS } from '../../lib/events.ts';
import { openBrowser, openLobbyPage, type Person } from '../helpers/browser.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { openSite } from '../helpers/site.ts';

const browser = await openBrowser();
const check = requireOrSkip(test, browser);

const line = ({ page }: Person, name: string) => page.getByText(`${name} is typing…`);

check('typing (browser): is shown to others only, is sent sparingly, and disappears with the message', async (t) => {
  const site = await openSite(t);
  const [ann, bob] = [await openLobbyPage(t, browser, site.ann), await openLobbyPage(t, browser, site.bob)];
  const said: string[] = [];
  bob.page.on('request', (request) => {
    if (request.url().endsWith('/typing')) said.push(request.method());
  });
  await bob.composer().pressSequentially('half a sentence');
  await line(ann, 'Bob').waitFor();
  t.deepEqual(said, ['POST'], 'not one for each letter');
  await line(bob, 'Bob').waitFor({ state: 'attached' });
  t.false(await line(bob, 'Bob').isVisible());
  t.is(await ann.page.getByRole('log').getByText('is typing').count(), 0, 'it is not read out with the messages');
  await bob.page.keyboard.press('Enter');
  await ann.sees('half a sentence');
  await line(ann, 'Bob').waitFor({ state: 'detached' });
  t.deepEqual([...ann.complaints, ...bob.complaints], []);
});

check('typing (browser): what a stream showed disappears when the stream ends', async (t) => {
  const site = await openSite(t);
  const ann = await openLobbyPage(t, browser, site.ann);
  await site.bob.json('POST', '/groups/lobby/typing');
  const since = performance.now();
  await line(ann, 'Bob').waitFor();
  await ann.page.context().setOffline(true);
  await line(ann, 'Bob').waitFor({ state: 'detached' });
  t.true(performance.now() - since < TYPING_MS - 500, 'not only because it runs out');
});

check('typing (browser): without JavaScript nothing is shown and the layout does not move', async (t) => {
  const site = await openSite(t);
  const [ann, bob] = [await openLobbyPage(t, browser, site.ann), await openLobbyPage(t, browser, site.bob, { script: 'off' })];
  const said: string[] = [];
  bob.page.on('request', (request) => void said.push(request.url()));
  await bob.composer().pressSequentially('silently');
  await bob.press(bob.page.getByRole('button', { name: 'Send', exact: true }));
  await ann.sees('silently');
  t.false(said.some((url) => url.endsWith('/typing')));
});
