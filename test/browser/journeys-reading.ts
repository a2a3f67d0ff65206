import { eventually } from '../helpers/eventually.ts';
import {
  does,
  fill,
  hasRead,
  type Journey,
  lineOf,
  markedRead,
  member,
  messageOn,
  noComplaints,
  pair,
  postText,
  refreshed,
} from './journey-fixtures.ts';

/** Journeys: reading, history, unread messages. */
export const READING: readonly Journey[] = [
  {
    name: 'sidebar: shows unread counts and mentions',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.client.json('POST', '/groups', { name: 'Den' });
      await ann.openGroup('den');
      await bob.write('Anybody here?');
      await bob.sees('Anybody here?');
      await refreshed(ann);
      await lineOf(ann, 'Lobby').getByText('1 unread', { exact: true }).waitFor();
      await bob.write('@Ann, I mean you');
      await bob.sees('I mean you');
      await refreshed(ann);
      await lineOf(ann, 'Lobby').getByText('@1 unread mentions').waitFor();
      await ann.press(lineOf(ann, 'Lobby').getByRole('link', { name: 'Lobby' }));
      await ann.sees('I mean you');
      await ann.live();
      await refreshed(ann);
      await lineOf(ann, 'Lobby').getByText('unread').waitFor({ state: 'detached' });
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'reading: a returning reader starts at the first unread message',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('what Bob has read');
      await bob.sees('what Bob has read');
      await bob.page.locator('#messages:not([data-unread])').waitFor({ state: 'attached' });
      await bob.go('/groups');
      await markedRead(way, 'bob', 1);
      await fill(way, 120);
      await bob.go('/groups/lobby');
      await bob.press(bob.page.getByRole('link', { name: 'Jump to the first unread (120)' }));
      await bob.page.getByRole('separator', { name: /^New since/ }).waitFor();
      await messageOn(bob, 'message 1').waitFor();
      await messageOn(bob, 'what Bob has read').waitFor();
      way.t.is(await messageOn(bob, 'message 120').count(), 0);
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'reading: the time of a message links to its page, and from there to its conversation',
    go: async (way) => {
      const ann = await member(way, 'Ann');
      await ann.go('/groups');
      await fill(way, 120);
      await ann.go('/groups/lobby?before=60');
      await ann.press(messageOn(ann, 'message 40').getByRole('link', { name: /:/ }));
      await ann.page.getByRole('heading', { name: 'Message by Ann in Lobby' }).waitFor();
      await messageOn(ann, 'message 39').waitFor({ state: 'detached' });
      await ann.press(ann.page.getByRole('link', { name: 'Show in conversation' }));
      for (const text of ['message 39', 'message 40', 'message 41']) await messageOn(ann, text).waitFor();
      way.t.is(await messageOn(ann, 'message 40').getAttribute('aria-current'), 'true');
      noComplaints(way, ann);
    },
  },
  {
    name: 'reading: links lead to older pages and back',
    go: async (way) => {
      const { t } = way;
      const ann = await member(way, 'Ann');
      await fill(way, 120);
      await ann.go('/groups/lobby?before=72');
      await messageOn(ann, 'message 70').waitFor();
      const conversation = ann.page.getByRole('region', { name: 'Conversation' });
      if (ann.script === 'on') await conversation.press('Home');
      else await ann.press(ann.page.getByRole('link', { name: 'Older messages' }));
      await messageOn(ann, 'message 1').waitFor();
      await ann.page.getByRole('link', { name: 'Older messages' }).waitFor({ state: 'detached' });
      if (ann.script === 'on') await conversation.press('End');
      else await ann.press(ann.page.getByRole('link', { name: 'Jump to newest' }));
      await ann.sees('message 120');
      t.is(new URL(ann.page.url()).search, '');
      noComplaints(way, ann);
    },
  },
  {
    name: 'reading: jumping to a day shows its first message at the top',
    go: async (way) => {
      const ann = await member(way, 'Ann');
      await fill(way, 120, 3_600_000);
      await ann.openGroup('lobby');
      const form = ann.page.getByRole('form', { name: 'Jump to date' });
      await form.getByLabel('Jump to date').fill('2026-01-04');
      await ann.press(form.getByRole('button', { name: 'Go' }));
      await messageOn(ann, 'message 36').waitFor();
      if (ann.script === 'off') way.t.is(await messageOn(ann, 'message 35').count(), 0);
      way.t.regex(ann.page.url(), /#m-37$/);
      noComplaints(way, ann);
    },
  },
  {
    name: 'search: a result links to the message in its conversation',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await postText(ann, 'the ferry to Norrvik leaves at noon');
      await postText(ann, 'a boat to elsewhere');
      await fill(way, 80);
      await bob.page.getByRole('searchbox', { name: 'Search messages' }).fill('from:ann "ferry to"');
      await bob.page.keyboard.press('Enter');
      const found = bob.page.getByRole('list', { name: 'Messages found, newest first' }).getByRole('listitem');
      await found.getByText('Norrvik').waitFor();
      way.t.is(await found.count(), 1);
      await bob.press(found.getByRole('link', { name: /:/ }));
      await messageOn(bob, 'a boat to elsewhere').waitFor();
      way.t.is(await messageOn(bob, 'the ferry to Norrvik leaves at noon').getAttribute('aria-current'), 'true');
      await bob.go('/search?q="ferry from:nobody');
      await bob.page.getByRole('heading', { name: 'Nothing found' }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'reading: messages are marked unread from one on',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      for (const text of ['one', 'two', 'three']) await postText(bob, text);
      await ann.sees('three');
      await refreshed(ann);
      await hasRead(way, 'ann', 3);
      await does(ann, 'two', 'button', 'Mark unread from here');
      const answer = { on: /^Marked as unread from here/, off: 'Unread again in Lobby: 2.' }[ann.script];
      await ann.page.getByText(answer).waitFor({ state: 'attached' });
      await ann.go('/groups');
      const line = ann.page.getByRole('main').getByRole('listitem').filter({ hasText: 'Lobby' });
      await line.getByText('2 unread', { exact: true }).waitFor();
      await ann.press(line.getByRole('link', { name: 'Lobby', exact: true }));
      await ann.sees('three');
      await ann.log().getByRole('separator').getByText('New since').waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'presence: a member with the group open is shown as here, until they leave',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      const here = ann.page.getByRole('list', { name: 'Members' }).getByText('Bob, online');
      await refreshed(ann);
      await here.waitFor();
      await bob.go('/groups');
      if (way.script === 'off') await eventually(() => way.site.server.hub.streams === 1); // with JavaScript the list of groups has one too
      await refreshed(ann);
      await here.waitFor({ state: 'detached' });
      noComplaints(way, ann, bob);
    },
  },
];
