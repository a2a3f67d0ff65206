import { eventually } from '../helpers/eventually.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { hasRead, type Journey, type Member, noComplaints, pair, refreshed } from './journey-fixtures.ts';

/** Answers a message of Lobby by the API. Resolves to the seq of the reply. */
async function answer({ client }: Member, body: string, replyTo: number): Promise<number> {
  const { status, text, json } = await client.json('POST', '/groups/lobby/messages', { body, reply_to: replyTo });
  if (status !== 201) throw new Error(`not answered: ${status} ${text}`);
  return json<{ seq: number }>().seq;
}

/** Journeys: threads. */
export const THREADS: readonly Journey[] = [
  {
    name: 'threads: replies arrive on the page of the thread, and those written there in the group',
    isMain: true,
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('Shall we sail?');
      await bob.sees('Shall we sail?');
      const root = Number((await bob.message('Shall we sail?').getAttribute('id'))?.slice(2));
      const first = await answer(bob, 'When?', root);
      await ann.sees('When?');
      await refreshed(ann);
      await ann.press(ann.message('Shall we sail?').getByRole('link', { name: /^1 reply/ }));
      await ann.page.getByRole('heading', { name: 'Thread', level: 1 }).waitFor();
      await ann.live();
      await ann.sees('When?');
      await bob.write('Something else');
      await bob.sees('Something else');
      await answer(bob, 'And where to?', first);
      await ann.sees('And where to?');
      way.t.deepEqual(await ann.bodies(), ['Shall we sail?', 'When?', 'And where to?']);
      await ann.write('At noon, to Norrvik');
      await ann.sees('At noon, to Norrvik');
      const reply = bob.message('At noon');
      await reply.getByRole('link', { name: 'Ann Shall we sail?' }).waitFor();
      await refreshed(bob);
      await bob
        .message('Shall we sail?')
        .first()
        .getByRole('link', { name: /^3 replies/ })
        .waitFor();
      await refreshed(ann);
      await ann
        .message('Shall we sail?')
        .first()
        .getByRole('link', { name: /^3 replies/ })
        .waitFor();
      await ann.press(ann.page.getByRole('main').getByRole('link', { name: 'Lobby', exact: true }));
      await ann.page.getByRole('heading', { name: 'Lobby', level: 1 }).waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'threads: who takes part follows, finds what is new in the list of threads, and may leave',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('Shall we sail?');
      await bob.sees('Shall we sail?');
      const root = Number((await bob.message('Shall we sail?').getAttribute('id'))?.slice(2));
      await answer(bob, 'When?', root);
      await bob.go('/groups');
      await answer(ann, 'At noon', root);
      await bob.go('/threads');
      const item = bob.page.getByRole('main').getByRole('listitem').filter({ hasText: 'Shall we sail?' });
      await item.getByText('1 new', { exact: true }).waitFor();
      await bob.press(item.getByRole('link', { name: /^2 replies/ }));
      await bob.sees('At noon');
      const { core } = way.site;
      const [group, user] = [await groupAt(core, 'lobby'), await userNamed(core, 'Bob')];
      await eventually(async () => ((await core.store.follows.get(user.id, group.id, root))?.read ?? 0) > root + 1);
      await bob.press(bob.page.getByRole('button', { name: 'Following: stop following this thread' }));
      await bob.page.getByRole('button', { name: 'Follow', exact: true }).waitFor();
      way.t.is((await core.store.follows.get(user.id, group.id, root))?.follows, false);
      await bob.go('/threads');
      await bob.page.getByText('You follow no threads yet.').waitFor();
      noComplaints(way, ann, bob);
    },
  },
  {
    name: 'threads: the page of a thread leaves what is unread in the group unread, and has a draft of its own',
    go: async (way) => {
      const { ann, bob } = await pair(way);
      await ann.write('Shall we sail?');
      await bob.sees('Shall we sail?');
      const root = Number((await bob.message('Shall we sail?').getAttribute('id'))?.slice(2));
      await refreshed(bob);
      await hasRead(way, 'bob', 1);
      await bob.go(`/groups/lobby/messages/${root}/thread`);
      await bob.live();
      await ann.write('News for everybody');
      await ann.sees('News for everybody');
      await answer(ann, 'Well?', root);
      await bob.sees('Well?');
      await bob.composer().fill('half a thought');
      await bob.go('/groups');
      const line = bob.page.getByRole('main').getByRole('listitem').filter({ hasText: 'Lobby' });
      await line.getByText('2 unread', { exact: true }).waitFor();
      await bob.openGroup('lobby');
      way.t.is(await bob.composer().inputValue(), '');
      if (bob.script === 'on') {
        await bob.go(`/groups/lobby/messages/${root}/thread`);
        await bob.live();
        way.t.is(await bob.composer().inputValue(), 'half a thought');
      }
      noComplaints(way, ann, bob);
    },
  },
];
