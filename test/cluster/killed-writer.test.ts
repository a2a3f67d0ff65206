import test from 'ava';
import { sharedServices } from '../helpers/shared-services.ts';
import { at, person, startProcess } from './pair.ts';

const { freshEnv, shared } = await sharedServices(test);

type Listed = { readonly slug: string; readonly messages: number; readonly unread: number };

shared(
  'what a server acknowledged right before it was killed is counted in lists, unread, and found by search, at every server',
  async (t) => {
    const env = freshEnv();
    const [first, second] = [await startProcess(t, env), await startProcess(t, env)];
    const [ann, bob] = [await person(first.url, 'Ann'), await person(first.url, 'Bob')];
    const bobThere = at(second, bob);
    const listed = async () => (await bobThere.get('/groups', 'application/json')).json<Listed[]>().find(({ slug }) => slug === 'lobby');
    t.like(await listed(), { messages: 0, unread: 0 });

    t.is((await ann.json('POST', '/groups/lobby/messages', { body: 'marzipan' })).status, 201);
    await first.kill('SIGKILL');
    t.like(await listed(), { messages: 1, unread: 1 });
    const found = await bobThere.get('/search?q=marzipan', 'application/json');
    t.regex(found.text, /marzipan/);
    await first.restart();
    t.like((await bob.get('/groups', 'application/json')).json<Listed[]>()[0], { messages: 1, unread: 1 });
  },
);
