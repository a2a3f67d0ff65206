import { type Journey, lineOf, type Member, member, noComplaints, pair, person, postText, refreshed } from './journey-fixtures.ts';

const HOUR_MS = 3_600_000;

/** Journeys: groups, members, invitations, direct messages. */
export const GROUPS: readonly Journey[] = [
  {
    name: 'direct messages: the conversation appears in the list with its first message',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.press(ann.page.getByRole('link', { name: 'Direct messages' }));
      await ann.page.getByLabel('With').fill('bob');
      await ann.press(ann.page.getByRole('button', { name: 'Open' }));
      await ann.page.getByRole('heading', { name: 'Bob', level: 1 }).waitFor();
      await ann.live();
      const theirs = bob.page.getByRole('navigation', { name: 'Groups' }).getByRole('link', { name: /^Ann( ?, online)?$/ });
      way.t.is(await theirs.count(), 0);
      await ann.write('Have you a minute?');
      await ann.sees('Have you a minute?');
      await refreshed(bob);
      await bob.press(theirs);
      await bob.page.getByRole('heading', { name: 'Ann', level: 1 }).waitFor();
      await bob.live();
      await bob.write('For you, always');
      await ann.sees('For you, always');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'direct messages: the same people always get the same conversation',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await way.site.signUp('Carl');
      await ann.go('/groups/lobby/members');
      await ann.press(ann.page.getByRole('button', { name: 'Message Bob' }));
      await ann.page.getByRole('heading', { name: 'Bob', level: 1 }).waitFor();
      await writeTo(bob, 'ann');
      await bob.page.getByRole('heading', { name: 'Ann', level: 1 }).waitFor();
      way.t.is(bob.page.url(), ann.page.url());
      for (const [who, names] of [
        [ann, 'Bob, Carl'],
        [bob, 'carl, ann'],
      ] as const) {
        await writeTo(who, names);
        await who.page.getByRole('heading', { name: /Carl/, level: 1 }).waitFor();
      }
      way.t.is(bob.page.url(), ann.page.url());
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'invitation: a visitor signs up with a one-time link and joins the group',
    go: async (way) => {
      const { t } = way;
      const [ann, bob, eve] = [await member(way, 'Ann'), await person(way), await person(way)];
      const link = await invite(ann, 'uses', '1');
      await ann.page.getByText('1 use left').waitFor();
      t.true(
        await ann.page.getByRole('img', { name: 'QR code' }).evaluate(({ clientWidth }: { clientWidth: number }) => clientWidth > 100),
      );
      await bob.go(link);
      await bob.page.getByRole('heading', { name: 'Lobby' }).waitFor();
      await bob.fillIn('Sign up', 'Bob');
      await bob.page.getByText('Welcome, Bob.').waitFor();
      await bob.live();
      t.is(new URL(bob.page.url()).pathname, '/groups/lobby');
      await eve.go(link);
      await eve.page.getByText('This invitation is not valid').waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'invitation: a link valid for one hour expires',
    go: async (way) => {
      const [ann, bob] = [await member(way, 'Ann'), await member(way, 'Bob')];
      const link = await invite(ann, 'expires', '1h');
      await bob.go(link);
      await bob.page.getByRole('button', { name: 'Join Lobby' }).waitFor();
      way.site.clock.turn(HOUR_MS);
      await bob.go(link);
      await bob.page.getByText('This invitation is not valid').waitFor();
      noComplaints(way, ann);
    },
  },
  {
    name: 'groups: a closed group is joined by its code, and left',
    isMain: true,
    go: async (way) => {
      const [ann, bob] = [await member(way, 'Ann'), await member(way, 'Bob')];
      await ann.client.json('POST', '/groups', { name: 'Den' });
      await ann.go('/groups/den/settings');
      const code = await ann.page.getByLabel('Join code').inputValue();
      await ann.openGroup('den');
      await bob.go('/groups');
      await bob.page.getByLabel('Code', { exact: true }).fill(code);
      await bob.press(bob.page.getByRole('button', { name: 'Join', exact: true }));
      await bob.page.getByRole('heading', { name: 'Den', level: 1 }).waitFor();
      await ann.log().getByText('Bob joined').waitFor();
      await bob.press(bob.page.getByRole('link', { name: /leave$/ }));
      await bob.press(bob.page.getByRole('button', { name: 'Leave this group' }));
      await bob.page.getByRole('heading', { name: 'Your groups' }).waitFor();
      await ann.log().getByText('Bob left').waitFor();
      await bob.go('/groups/den');
      await bob.page.getByText('Not found, or you do not have access').waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'groups: a muted group shows no unread count',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await bob.press(bob.page.getByRole('link', { name: /Mute/ }));
      await bob.press(bob.page.getByRole('radio', { name: /^Nothing/ }));
      await bob.press(bob.page.getByRole('button', { name: 'Save' }));
      await bob.page.getByText('Saved.').waitFor();
      way.t.true(await bob.page.getByRole('radio', { name: /^Nothing/ }).isChecked());
      await postText(ann, 'Never mind');
      await bob.client.json('POST', '/groups', { name: 'Den' });
      await bob.openGroup('den');
      await lineOf(bob, 'Lobby').getByText('muted').waitFor();
      way.t.is(await lineOf(bob, 'Lobby').getByText('unread').count(), 0);
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'groups: topic and name are changed, and the old URL redirects',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.go('/groups/lobby/settings');
      await ann.page.getByRole('textbox', { name: 'Topic' }).fill('Where everybody meets');
      await ann.press(ann.page.getByRole('form', { name: 'Topic' }).getByRole('button', { name: 'Save' }));
      await bob.log().getByText('Ann set the topic: Where everybody meets').waitFor();
      await ann.page.getByRole('textbox', { name: 'Group name' }).fill('Foyer');
      await ann.press(ann.page.getByRole('button', { name: 'Rename' }));
      await bob.log().getByText('Ann named the group Foyer').waitFor();
      await bob.go('/groups/lobby');
      await bob.page.getByRole('heading', { name: 'Foyer', level: 1 }).waitFor();
      await bob.page.getByText('Where everybody meets', { exact: true }).waitFor();
      way.t.is(new URL(bob.page.url()).pathname, '/groups/foyer');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'groups: an archived group can be read, and is unarchived',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await postText(bob, 'the last word');
      await ann.go('/groups/lobby/settings');
      await ann.press(ann.page.getByRole('button', { name: 'Archive this group' }));
      await bob.log().getByText('Ann archived the group').waitFor();
      await bob.go('/groups/lobby');
      await bob.page.getByText('This group is archived').waitFor();
      await bob.sees('the last word');
      way.t.is(await bob.page.getByRole('textbox', { name: 'Message' }).count(), 0);
      await ann.press(ann.page.getByRole('button', { name: 'Unarchive' }));
      await bob.log().getByText('Ann unarchived the group').waitFor();
      await bob.openGroup('lobby');
      await bob.write('not the last word');
      await bob.sees('not the last word');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'members: a new moderator may add people',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await way.site.signUp('Carl');
      await ann.go('/groups/lobby/members');
      await ann.press(ann.page.getByRole('button', { name: /^Make moderator.*Bob/ }));
      await ann.page.getByRole('button', { name: /^Remove as moderator.*Bob/ }).waitFor();
      await bob.go('/groups/lobby/members');
      await bob.page.getByLabel('Name', { exact: true }).fill('carl');
      await bob.press(bob.page.getByRole('button', { name: 'Add' }));
      await bob.page.getByRole('button', { name: 'Message Carl' }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'system messages: joins and leaves are collapsed to one line that opens',
    go: async (way) => {
      const ann = await member(way, 'Ann');
      await postText(ann, 'Come in');
      for (const name of ['Bob', 'Carl', 'Dora']) await (await way.site.signUp(name)).form('/groups/join', { slug: 'lobby' });
      await ann.openGroup('lobby');
      const line = ann.log().getByText(/^Dora joined/);
      const fold = ann.log().getByText('Bob, Carl and Dora joined', { exact: true });
      await fold.waitFor();
      way.t.false(await line.isVisible());
      await ann.press(fold);
      await line.waitFor();
      noComplaints(way, ann);
    },
  },
  {
    name: 'members: a removed member no longer sees the group',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await postText(ann, 'before');
      await bob.sees('before');
      await ann.go('/groups/lobby/members');
      const remove = ann.page.getByRole('button', { name: /^Remove.*Bob/ });
      await ann.press(remove);
      await remove.waitFor({ state: 'detached' });
      if (bob.script === 'on') await bob.page.getByText('You are no longer in this group.').waitFor();
      await bob.go('/groups/lobby');
      await bob.page.getByText('Not found, or you do not have access').waitFor();
    },
  },
];

/** Starts direct messages on their page. */
async function writeTo(who: Member, names: string): Promise<void> {
  await who.go('/direct');
  await who.page.getByLabel('With').fill(names);
  await who.press(who.page.getByRole('button', { name: 'Open' }));
}

/** Creates an invitation to Lobby with these limits; returns its path. */
async function invite(ann: Member, limit: 'uses' | 'expires', value: string): Promise<string> {
  await ann.go('/groups/lobby/settings');
  const field = ann.page.getByLabel('Invitation link');
  const before = await field.inputValue();
  await ann.page.getByLabel({ uses: 'Maximum uses', expires: 'Expires after' }[limit]).selectOption(value);
  await ann.press(ann.page.getByRole('button', { name: 'New code' }));
  await ann.page.getByText('Saved.').waitFor();
  const link = await field.inputValue();
  if (link === before) throw new Error('the old link is still there');
  return new URL(link).pathname;
}
