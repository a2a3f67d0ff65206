import { readFile } from 'node:fs/promises';
import { newImage } from '../files/fixtures.ts';
import { eventually } from '../helpers/eventually.ts';
import { groupAt } from '../helpers/fixtures.ts';
import { does, type Journey, member, noComplaints, pair, refreshed } from './journey-fixtures.ts';

const TABLE = '| pier | boat |\n|---|---|\n| north | Alma |';

/** Journeys: posting, and editing, erasing and reacting. */
export const WRITING: readonly Journey[] = [
  {
    name: 'messages: two people see each other’s messages without reloading',
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
    name: 'messages: Markdown is rendered, and HTML is escaped',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write(`**today** <b>or</b> :tada:\n\n${TABLE}\n\n~~~js\nconst boats = 2;\n~~~`);
      const message = bob.message('today');
      await message.locator('p > b', { hasText: 'today' }).waitFor();
      await message.getByText('<b>or</b> 🎉').waitFor();
      await message.getByRole('table').getByRole('cell', { name: 'Alma' }).waitFor();
      await message.getByRole('code').getByText('const', { exact: true }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'messages: a blank message is refused with the reason, and nothing is stored',
    go: async (way) => {
      const ann = await member(way, 'Ann');
      await ann.openGroup('lobby');
      await ann.write('   ');
      await ann.page.getByText('Message is empty').waitFor();
      way.t.deepEqual((await ann.client.json('GET', '/groups/lobby/messages')).json(), []);
    },
  },
  {
    name: 'messages: an edit appears on other pages, with a link to earlier versions',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('The meating is at three');
      await ann.sees('The meating is at three');
      await does(ann, 'The meating', 'link', 'Edit');
      await ann.page.getByRole('form', { name: 'Edit the message' }).getByRole('textbox').fill('The meeting is at three');
      await ann.press(ann.page.getByRole('button', { name: 'Save' }));
      await bob.sees('The meeting is at three');
      await bob.press(bob.message('The meeting').getByText('edited', { exact: true }));
      if (bob.script === 'off') await bob.press(bob.message('The meeting').getByRole('link', { name: 'Earlier versions' }));
      const past = bob.script === 'on' ? bob.log() : bob.page;
      await past.getByRole('list', { name: 'Earlier versions' }).getByText('The meating is at three').waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'messages: an erasure appears on other pages and is undone',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('said too soon');
      await ann.sees('said too soon');
      await does(ann, 'said too soon', 'button', 'Erase');
      await bob.sees('Message erased');
      await ann.sees('Message erased');
      await ann.press(ann.message('Message erased').getByRole('button', { name: 'Undo' }));
      await bob.sees('said too soon');
      await ann.sees('said too soon');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'reactions: added, joined by a second person and removed; text reactions',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('We sail at noon');
      await bob.sees('We sail at noon');
      await does(bob, 'We sail', 'button', '🎉');
      await ann.press(ann.message('We sail').getByRole('button', { name: '🎉 1' }));
      const both = bob.message('We sail').getByRole('button', { name: '🎉 2' });
      way.t.is(await both.getAttribute('title'), 'Bob, Ann');
      await bob.press(both);
      await ann.message('We sail').getByRole('button', { name: '🎉 1' }).waitFor();
      const row = await bob.actions('We sail');
      await row.getByRole('textbox', { name: 'Another reaction' }).fill('well said');
      await bob.press(row.getByRole('button', { name: 'React', exact: true }));
      await ann.message('We sail').getByRole('button', { name: 'well said 1' }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'reply: the row shows the start of what it answers, which follows edits and erasure',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('Shall we saill?');
      await bob.sees('Shall we saill?');
      await does(bob, 'Shall we saill?', 'link', 'Reply');
      await bob.page.locator('#replying').getByText('Replying to Ann Shall we saill?').waitFor();
      way.t.is(await bob.composer().inputValue(), '', 'nothing is written for the author, and nobody is mentioned');
      await bob.write('Let us');
      const answer = ann.message('Let us');
      await answer.getByRole('link', { name: 'Ann Shall we saill?' }).waitFor();
      await bob.page.locator('#replying').waitFor({ state: 'hidden' });
      if (ann.script === 'on')
        await ann
          .log()
          .getByRole('link', { name: /^1 reply, last/ })
          .waitFor();
      await does(ann, 'Shall we saill?', 'link', 'Edit');
      await ann.page.getByRole('form', { name: 'Edit the message' }).getByRole('textbox').fill('Shall we sail?');
      await ann.press(ann.page.getByRole('button', { name: 'Save' }));
      await bob.message('Let us').getByRole('link', { name: 'Ann Shall we sail?' }).waitFor();
      await ann.openGroup('lobby');
      await ann
        .log()
        .getByRole('link', { name: /^1 reply, last/ })
        .waitFor();
      await does(ann, 'Shall we sail?', 'button', 'Erase');
      await bob.message('Let us').getByRole('link', { name: 'Ann Message erased' }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'quote: quotes the message and mentions its author',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('Shall we?');
      await bob.sees('Shall we?');
      await does(bob, 'Shall we?', 'link', 'Quote');
      const field = bob.page.getByRole('textbox', { name: 'Message' });
      await eventually(async () => /^@Ann .*\n> Shall we\?\n\n$/s.test(await field.inputValue()));
      await bob.write(`${await field.inputValue()}Let us`);
      const answer = ann.message('Let us');
      await answer.getByRole('blockquote').getByText('Shall we?').waitFor();
      await answer.getByText('@Ann', { exact: true }).waitFor();
      const opened = ann.page.context().waitForEvent('page');
      await ann.press(answer.getByRole('link', { name: 'wrote' }));
      await (await opened).getByRole('heading', { name: 'Message by Ann in Lobby' }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'pins: a pinned message is in the list of pins and is unpinned there',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('The rules of the house');
      await ann.sees('The rules of the house');
      await does(ann, 'The rules', 'button', 'Pin');
      await bob.log().getByText('Pinned by Ann').waitFor();
      await refreshed(bob);
      await bob.press(bob.page.getByRole('link', { name: 'Pinned (1)' }));
      const pins = bob.page.getByRole('region', { name: /^Pinned messages/ });
      await bob.press(pins.getByLabel('Actions'));
      await bob.press(bob.page.getByRole('main').getByRole('button', { name: 'Unpin' }));
      await ann.log().getByText('Pinned by Ann').waitFor({ state: 'detached' });
      await refreshed(ann);
      await ann.page.getByRole('link', { name: /^Pinned/ }).waitFor({ state: 'hidden' });
      await bob.go('/groups/lobby/pins');
      await bob.page.getByText('No pinned messages.').waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'saved messages: saved, listed only for its user, and removed',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('worth keeping');
      await bob.sees('worth keeping');
      await does(bob, 'worth keeping', 'button', 'Save');
      await bob.page.getByText('Saved. Your saved').waitFor();
      await ann.go('/saved');
      await ann.page.getByText('No saved messages yet').waitFor();
      await bob.press(bob.page.getByRole('link', { name: 'Saved', exact: true }));
      const list = bob.page.getByRole('list', { name: /^Saved messages/ });
      await list.getByText('worth keeping').waitFor();
      await bob.press(list.getByRole('button', { name: /^Remove/ }));
      await bob.page.getByText('No saved messages yet').waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'files: an image and a file are posted, shown to others and downloaded',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.page.getByLabel('Attach files').setInputFiles([
        { name: 'harbour.png', mimeType: 'image/png', buffer: await newImage(80, 40).png().toBuffer() },
        { name: 'tides.csv', mimeType: 'text/csv', buffer: Buffer.from('noon,3.2\n') },
      ]);
      await ann.page.getByRole('textbox', { name: 'Message' }).fill('From the pier');
      await ann.press(ann.page.getByRole('button', { name: 'Send', exact: true }));
      const message = bob.message('From the pier');
      const image = message.getByRole('img', { name: 'harbour.png' });
      await image.waitFor();
      await eventually(() => image.evaluate(({ naturalWidth }: { naturalWidth: number }) => naturalWidth === 80));
      const coming = bob.page.waitForEvent('download');
      await message.getByRole('link', { name: /tides\.csv/ }).click();
      way.t.is(await readFile(await (await coming).path(), 'utf8'), 'noon,3.2\n');
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'mentions: a name is completed from its first letters',
    standsIn: 'the whole name, typed',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      const field = ann.page.getByRole('textbox', { name: 'Message' });
      if (ann.script === 'on') {
        await field.pressSequentially('dear @b');
        await ann.page.getByRole('listbox').getByRole('option', { name: 'Bob' }).waitFor();
        await ann.page.keyboard.press('Tab');
        way.t.is(await field.inputValue(), 'dear @Bob ');
      }
      await ann.write('dear @Bob ');
      await bob.message('dear').getByText('@Bob', { exact: true }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'commands: a slash at the beginning completes them, and one does what it says',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      const field = ann.page.getByRole('textbox', { name: 'Message' });
      if (ann.script === 'on') {
        await field.pressSequentially('/to');
        await ann.page.getByRole('listbox', { name: 'Commands' }).getByRole('option', { name: '/topic' }).waitFor();
        await ann.page.keyboard.press('Tab');
        way.t.is(await field.inputValue(), '/topic ');
      }
      await ann.write('/topic Sails and rope');
      await ann.page.getByText('The topic is set.').first().waitFor();
      way.t.is((await groupAt(way.site.core, 'lobby')).topic, 'Sails and rope');
      way.t.is(await field.inputValue(), '');
      await ann.write('/me waves');
      await bob.message('waves').waitFor();
      await ann.write('/nosuch thing');
      await ann.page.getByText('There is no command /nosuch.').waitFor();
      way.t.is(await field.inputValue(), '/nosuch thing');
      await ann.openGroup('lobby');
      way.t.deepEqual(
        (await bob.bodies()).filter((body) => body.startsWith('/')),
        [],
      );
      await field.fill('');
      await ann.write('/help');
      await ann.page.getByRole('heading', { name: 'Commands' }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'drafts: unsent text exists after a reload',
    standsIn: 'what the server refused comes back in the field',
    go: async (way) => {
      const ann = await member(way, 'Ann');
      await ann.openGroup('lobby');
      const field = ann.page.getByRole('textbox', { name: 'Message' });
      if (ann.script === 'on') {
        await field.fill('half a thought');
        await ann.page.reload();
        await ann.live();
        way.t.is(await field.inputValue(), 'half a thought');
      } else {
        const long = 'half a thought '.repeat(5000);
        await ann.write(long);
        await ann.page.getByText('Message is too long').waitFor();
        way.t.is(await field.inputValue(), long);
      }
      noComplaints(way, ann);
    },
  },
  {
    name: '@all asks before it calls a crowd',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      for (let i = 1; i <= 10; i += 1) await (await way.site.signUp(`Member ${i}`)).form('/groups/join', { slug: 'lobby' });
      await ann.write('Fire drill @all');
      await ann.page.getByText('Notify all 12 members?').waitFor();
      way.t.is(await bob.message('Fire drill').count(), 0);
      await ann.press(ann.page.getByRole('button', { name: 'Yes, notify all' }));
      await bob.sees('Fire drill');
      noComplaints(way, ann, bob);
    },
  },
];
