import { openBrowser } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { present } from '../helpers/services.ts';
import { type Journey, lineOf, member, noComplaints, person, postText } from './journey-fixtures.ts';

/** Journeys: sign-up, log-in, bots, notifications. */
export const COMING: readonly Journey[] = [
  {
    name: 'sign-up: new users begin in Lobby; an administrator adds them to another group',
    isMain: true,
    go: async (way) => {
      const [ann, bob] = [await person(way), await person(way)];
      await ann.signUp('Ann');
      await ann.page.getByRole('heading', { name: 'Invite people' }).waitFor();
      await ann.go('/groups');
      await ann.page.getByLabel('Group name').fill('Deep Sea');
      await ann.press(ann.page.getByRole('button', { name: 'Create' }));
      await ann.page.getByRole('heading', { name: 'Deep Sea' }).waitFor();
      await bob.signUp('Bob');
      await bob.write('Hello from Bob');
      await bob.sees('Hello from Bob');
      await ann.go('/groups/deep-sea/members');
      await ann.page.getByLabel('Name', { exact: true }).fill('bob');
      await ann.press(ann.page.getByRole('button', { name: 'Add' }));
      await ann.page.getByRole('button', { name: 'Message Bob' }).waitFor();
      await bob.go('/groups');
      await bob.press(bob.page.getByRole('navigation', { name: 'Groups' }).getByRole('link', { name: 'Deep Sea' }));
      await bob.live();
      way.t.is(new URL(bob.page.url()).pathname, '/groups/deep-sea');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'log-in: a wrong password shows an error and keeps the name; log-out ends the session',
    go: async (way) => {
      const ann = await person(way);
      await ann.signUp('Ann');
      await ann.press(ann.page.getByRole('button', { name: 'Log out' }));
      await ann.page.getByText('You are logged out.').waitFor();
      await ann.fillIn('Log in', 'Ann', 'not the password');
      await ann.page.getByText('Name or password is wrong.').waitFor();
      way.t.is(await ann.page.getByRole('form', { name: 'Log in' }).getByLabel('Name').inputValue(), 'Ann');
      await ann.fillIn('Log in', 'ANN');
      await ann.page.getByRole('heading', { name: 'Your groups' }).waitFor();
    },
  },
  {
    name: 'bots: a message by webhook is shown with the badge of a bot',
    go: async (way) => {
      const ann = await member(way, 'Ann');
      await ann.go('/groups/lobby/bots');
      await ann.page.getByLabel('Bot name').fill('Deploy');
      await ann.press(ann.page.getByRole('button', { name: /Create/ }));
      const curl = await ann.page
        .getByText(/curl -d/)
        .first()
        .textContent();
      const url = /http:\S+\/hooks\/\w+/.exec(curl ?? '')?.[0] ?? '';
      await ann.openGroup('lobby');
      const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ text: 'Version 7 is live' }) });
      way.t.is(await answer.text(), 'ok');
      await ann.sees('Version 7 is live');
      await ann.message('Version 7 is live').getByText('bot', { exact: true }).waitFor();
      noComplaints(way, ann);
    },
  },
  {
    name: 'notifications: the browser notifies of a mention in another group',
    standsIn: 'counts beside the groups, on every page that is asked for',
    go: async (given) => {
      const browser = present(await openBrowser({ isWhole: true }));
      given.t.teardown(() => browser.close());
      const way = { ...given, browser };
      const [ann, bob] = [await member(way, 'Ann', { serviceWorkers: 'allow' }), await member(way, 'Bob')];
      await bob.client.form('/groups/join', { slug: 'lobby' });
      await ann.client.json('POST', '/groups', { name: 'Den' });
      await ann.page.context().grantPermissions(['notifications'], { origin: way.site.url });
      await ann.page.context().addInitScript(RECORDED);
      await ann.go('/settings');
      const section = ann.page.getByRole('region', { name: 'Notifications on this device' });
      if (ann.script === 'on') await section.getByRole('radio', { name: 'While Parley is open' }).check();
      else {
        await section.locator('noscript p').waitFor();
        way.t.false(await section.getByRole('radio').first().isVisible(), 'what does nothing is not there');
      }
      await ann.openGroup('den');
      await postText(bob, 'Where are you, @Ann?');
      if (ann.script === 'on') await eventually(async () => (await noticesOf(ann)).includes('Bob in Lobby: Where are you, @Ann?'));
      else await ann.go('/groups/den');
      await lineOf(ann, 'Lobby').getByText('@1 unread mentions').waitFor();
      noComplaints(way, ann, bob);
    },
  },
];

/**
 * A page records what it has shown. The browser is not asked: Chromium loses a notification that is asked for while it is on its way to the
 * desktop.
 */
const RECORDED = `
  globalThis.notices = [];
  const { showNotification } = ServiceWorkerRegistration.prototype;
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await showNotification.call(this, title, options);
    globalThis.notices.push(title + ': ' + options.body);
  };
`;

const noticesOf = ({ page }: Pick<Awaited<ReturnType<typeof person>>, 'page'>): Promise<string[]> => page.evaluate('globalThis.notices');
