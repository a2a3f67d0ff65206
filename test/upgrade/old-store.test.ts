import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { PASSWORD } from '../../fixtures/stores/fill.ts';
import { eventually } from '../helpers/eventually.ts';
import { groupAt, userNamed } from '../helpers/fixtures.ts';
import { Clock, startServerFor, type TestServer } from '../helpers/server.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { mongo, oldDatabase, oldFolder } from './stored.ts';

const openOld = (t: ExecutionContext, env: Record<string, string>): Promise<TestServer> =>
  startServerFor(t, { env, clock: new Clock(Date.UTC(2027, 0, 1)) });

const STORES = [
  ['sqlite', requireOrSkip(test), async (t: ExecutionContext) => ({ DATA_DIR: oldFolder(t) })],
  ['mongo', requireOrSkip(test, mongo), async (t: ExecutionContext) => ({ MONGODB_URL: await oldDatabase(t) })],
] as const;

type Shown = {
  readonly seq: number;
  readonly body: string;
  readonly attachments?: readonly { readonly url: string; readonly name: string }[];
};

for (const [store, register, env] of STORES)
  register(`${store}: a store of version 0.1.0 opens with its people, messages, files and search, and takes new messages`, async (t) => {
    const site = await openOld(t, await env(t));
    const people = site.client();
    for (const name of ['Ann', 'Bob', 'Eve']) t.is((await site.client().form('/login', { name, password: PASSWORD })).status, 303, name);
    t.is((await people.form('/login', { name: 'Ann', password: PASSWORD })).status, 303);
    t.true((await userNamed(site.core, 'Ann')).admin);

    const page = await people.get('/groups/lobby');
    t.is(page.status, 200);
    for (const said of ['Welcome to the harbour', 'The ferry leaves at noon', 'The timetable', 'Low tide', '👍'])
      t.true(page.text.includes(said), said);
    t.false(page.text.includes('This sentence is erased'));
    const messages = (await people.get('/groups/lobby/messages', 'application/json')).json<readonly Shown[] | { messages: Shown[] }>();
    const list: readonly Shown[] = 'messages' in messages ? messages.messages : messages;
    const files = list.flatMap(({ attachments = [] }) => attachments);
    t.deepEqual(
      files.map(({ name }) => name),
      ['timetable.txt', 'tide.png'],
    );
    const text = await people.get(files[0]?.url ?? '', '*/*');
    t.is(text.text, 'Noon, and again at six.\n');
    const image = Buffer.from(await (await people.open(files[1]?.url ?? '')).arrayBuffer());
    t.is(createHash('sha256').update(image).digest('hex'), TIDE);
    t.is((await people.open(`${files[1]?.url}?thumb`)).status, 200);

    await eventually(async () => (await people.get('/search?q=ferry', 'application/json')).text.includes('The ferry leaves at noon'));
    t.true(
      (await people.get('/groups/field-team')).text.includes('plans for the *pier*'),
      'a text without a format is shown as it was written',
    );
    t.is((await people.get('/groups/lobby/pins', 'application/json')).json<readonly unknown[]>().length, 1);
    const direct = (await people.get('/direct', 'application/json')).json<readonly { name: string }[]>();
    t.deepEqual(
      direct.map(({ name }) => name),
      ['Bob'],
    );

    const { head } = await groupAt(site.core, 'lobby');
    const posted = await people.json('POST', '/groups/lobby/messages', { body: 'After the upgrade' });
    t.is(posted.status, 201, posted.text);
    t.is(posted.json<Shown>().seq, head.seq + 1);
    t.is((await site.client().form('/signup', { name: 'Fay', password: PASSWORD })).status, 303);
  });

/** SHA-256 of the picture that fixtures/stores/fill.ts uploads. */
const TIDE = '71342d3a0bf6b1e90b95f18f057b824063ed573412c95be31fe9531417ce78a6';
