import type { ExecutionContext } from 'ava';
import type { Browser } from 'playwright-core';
import { Person, type Script } from '../helpers/browser.ts';
import type { TestServer } from '../helpers/server.ts';

/** What a journey is given: a site on which nobody is yet, a browser, and whether its pages may run scripts. */
export type Way = { readonly t: ExecutionContext; readonly site: TestServer; readonly browser: Browser; readonly script: Script };
export type Journey = { readonly name: string; readonly isMain?: boolean; readonly go: (way: Way) => Promise<void> };

async function person({ t, browser, site, script }: Way): Promise<Person> {
  const one = await Person.open(browser, site, script);
  t.teardown(() => one.close());
  return one;
}

/** Ann, the administrator, and Bob, both in Lobby and both looking at it. */
async function pair(way: Way): Promise<{ ann: Person; bob: Person }> {
  const [ann, bob] = [await person(way), await person(way)];
  await ann.signUp('Ann');
  await bob.signUp('Bob');
  await bob.press(bob.page.getByRole('button', { name: 'Join Lobby' }));
  await bob.live();
  await ann.openGroup('lobby');
  return { ann, bob };
}

const noComplaints = ({ t }: Way, ...people: Person[]): void => {
  for (const one of people) t.deepEqual(one.complaints, []);
};

/** What people do, each walked with JavaScript on and off. */
export const JOURNEYS: readonly Journey[] = [
  {
    name: 'a stranger signs up, finds no group, and is told what to do; an administrator lets them in',
    isMain: true,
    go: async (way) => {
      const { t } = way;
      const [ann, bob] = [await person(way), await person(way)];
      await ann.signUp('Ann');
      await ann.page.getByLabel('Group name').fill('Deep Sea');
      await ann.press(ann.page.getByRole('button', { name: 'Create' }));
      await ann.page.getByRole('heading', { name: 'Deep Sea' }).waitFor();
      await bob.signUp('Bob');
      await bob.page.getByText('You are in no group yet').waitFor();
      await ann.go('/groups/deep-sea/members');
      await ann.page.getByLabel('Name', { exact: true }).fill('bob');
      await ann.press(ann.page.getByRole('button', { name: 'Add' }));
      await ann.page.getByRole('cell', { name: 'Bob' }).or(ann.page.getByText('Bob')).first().waitFor();
      await bob.go('/groups');
      await bob.press(bob.page.getByRole('link', { name: 'Deep Sea' }));
      await bob.live();
      t.is(new URL(bob.page.url()).pathname, '/groups/deep-sea');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'two people talk, and each sees the other without reloading',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('Hello Bob');
      await bob.sees('Hello Bob');
      await bob.live();
      await bob.write('Hello Ann');
      await ann.sees('Hello Ann');
      await bob.sees('Hello Ann');
      way.t.is(await bob.message('Hello Ann').count(), 1, 'the writer sees it once, though the answer and the stream both bring it');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'a blank message is refused with a word why, and nothing is stored',
    go: async (way) => {
      const ann = await person(way);
      await ann.signUp('Ann');
      await ann.openGroup('lobby');
      await ann.write('   ');
      await ann.page.getByText('Message is empty').waitFor();
      const { n } = await way.site.core.store.log.head((await lobby(way)).id);
      way.t.is(n, 0);
    },
  },
  {
    name: 'a message is edited, reacted to, erased and brought back, and the other page follows',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('The meating is at three');
      await bob.sees('The meating is at three');
      await ann.sees('The meating is at three');
      const row = await ann.actions('The meating is at three');
      await ann.press(row.getByRole('link', { name: 'Edit' }));
      const field = ann.page.getByRole('form', { name: 'Edit the message' }).getByRole('textbox');
      await field.fill('The meeting is at three');
      await ann.press(ann.page.getByRole('button', { name: 'Save' }));
      await bob.sees('The meeting is at three');
      await bob.message('edited').first().waitFor();

      const theirs = await bob.actions('The meeting is at three');
      await bob.press(theirs.getByRole('button', { name: '🎉' }));
      await ann.message('🎉 1').first().waitFor();
      await ann.live();

      await ann.sees('The meeting is at three');
      const mine = await ann.actions('The meeting is at three');
      await ann.press(mine.getByRole('button', { name: 'Erase' }));
      await bob.sees('Message erased');
      await ann.sees('Message erased');
      await ann.press(ann.message('Message erased').getByRole('button', { name: 'Undo' }));
      await bob.sees('The meeting is at three');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'the past is a link away, page by page',
    go: async (way) => {
      const ann = await person(way);
      await ann.signUp('Ann');
      await fill(way, 120);
      await ann.go('/groups/lobby');
      await ann.sees('message 120');
      await ann.press(ann.page.getByRole('link', { name: 'Older messages' }));
      await ann.page.locator('article').filter({ hasText: 'message 70' }).first().waitFor();
      await ann.press(ann.page.getByRole('link', { name: 'Older messages' }));
      await ann.page
        .locator('article')
        .filter({ hasText: /message 1(?!\d)/ })
        .first()
        .waitFor();
      way.t.is(await ann.page.getByRole('link', { name: 'Older messages' }).count(), 0);
      await ann.page.getByRole('link', { name: 'Newer messages' }).waitFor();
    },
  },
  {
    name: 'who leaves the group by an administrator’s hand sees no more of it',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('before');
      await ann.sees('before');
      await bob.sees('before');
      await ann.go('/groups/lobby/members');
      const remove = ann.page.getByRole('button', { name: /^Remove.*Bob/ });
      await ann.press(remove);
      await remove.waitFor({ state: 'detached' });
      if (bob.script === 'on') await bob.page.getByText('You are no longer in this group.').waitFor();
      await bob.go('/groups/lobby');
      await bob.page.getByText('There is nothing here').waitFor();
    },
  },
  {
    name: 'a bot speaks by webhook, and wears its badge',
    go: async (way) => {
      const ann = await person(way);
      await ann.signUp('Ann');
      await ann.go('/groups/lobby/bots');
      await ann.page.getByLabel('Name').fill('Deploy');
      await ann.press(ann.page.getByRole('button', { name: /Create/ }));
      const curl = await ann.page
        .getByText(/curl -d/)
        .first()
        .textContent();
      const url = /http:\S+\/hooks\/\w+/.exec(curl ?? '')?.[0] ?? '';
      await ann.openGroup('lobby');
      const answer = await fetch(url, {
        method: 'POST',
        body: 'text=Version+7+is+live',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      });
      way.t.is(await answer.text(), 'ok');
      await ann.sees('Version 7 is live');
      await ann.message('Version 7 is live').getByText('bot', { exact: true }).waitFor();
    },
  },
  {
    name: 'a wrong password is named, the name stays in the form, and logging out ends it',
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
];

async function lobby({ site }: Way) {
  const group = await site.core.store.groups.bySlug('lobby');
  if (!group) throw new Error('there is no Lobby');
  return group;
}

/** Messages straight through the one door, at a pace no person has. */
async function fill(way: Way, count: number): Promise<void> {
  const { core } = way.site;
  const group = await lobby(way);
  const user = await core.store.users.byNameKey('ann');
  if (!user) throw new Error('Ann is not there');
  const { post } = await import('../../lib/messages/operations.ts');
  const { standing } = await import('../../lib/groups/operations.ts');
  const at = await standing(core, user, group);
  for (let i = 1; i <= count; i += 1) {
    way.site.clock.turn(1000);
    await post(core, at, { body: `message ${i}` });
  }
}
