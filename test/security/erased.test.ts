import test, { type ExecutionContext } from 'ava';
import { openGroup } from '../../lib/groups/operations.ts';
import type { Entry } from '../../lib/log/entry.ts';
import * as messages from '../../lib/messages/operations.ts';
import type { Client } from '../helpers/client.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { Clock, startServerFor } from '../helpers/server.ts';
import { freshDatabase, isMissing, mongoService, present, redisService, requireOrSkip } from '../helpers/services.ts';
import { LOBBY, openSite, type Site } from '../helpers/site.ts';
import { EventReader } from '../helpers/stream.ts';

const [mongo, redis] = await Promise.all([mongoService(), redisService()]);

test.after.always(async () => {
  for (const service of [mongo, redis]) if (!isMissing(service)) await service.stop();
});

/** What is erased, what an edit had made of it, and what stays beside it. */
const [SECRET, EDITED, ALLOWED] = ['launch code 7319', 'launch code 8420', 'lunch at noon'];

/** `bob`, `author` (Ann): at the server that readers use, a second one over the same store and bus where there is one. */
type Setting = { readonly site: Site; readonly ann: Client; readonly bob: Client; readonly author: Client };

const SETTINGS = [
  {
    name: 'SQLite, one process',
    on: requireOrSkip(test),
    open: async (t: ExecutionContext): Promise<Setting> => {
      const site = await openSite(t);
      return { site, ann: site.ann, bob: site.bob, author: site.ann };
    },
  },
  {
    name: 'MongoDB and Redis, another process',
    on: requireOrSkip(test, mongo, redis),
    open: async (t: ExecutionContext): Promise<Setting> => {
      const env = { MONGODB_URL: freshDatabase(present(mongo)), REDIS_URL: present(redis).url, POSTS_PER_SECOND: '0' };
      const clock = new Clock();
      const site = await openSite(t, { env, clock });
      const { url } = await startServerFor(t, { env, clock });
      return { site, ann: site.ann, bob: site.bob.at(url), author: site.ann.at(url) };
    },
  },
];

type Entered = { readonly id: number; readonly kind: string; readonly body: string };

/** A stream as JSON up to the head of the log. */
async function replay(t: ExecutionContext, who: Client, path: string, to: number): Promise<Entered[]> {
  const reader = await EventReader.open(who, path);
  t.teardown(() => reader.close());
  const found = (): Entered[] =>
    reader.events.flatMap(({ event, data }) => {
      if (event !== 'message' || data === '') return [];
      const { seq: id, kind, body = '' } = JSON.parse(data);
      return [{ id, kind, body }];
    });
  await reader.until(() => found().some(({ id }) => id === to));
  reader.close();
  return found();
}

async function raw(t: ExecutionContext, who: Client, path: string, last: RegExp): Promise<string> {
  const reader = new RawReader(t, who, path).read();
  await reader.until((received) => last.test(received));
  return reader.text;
}

const JSON_TYPE = 'application/json';

/** Everything that shows messages, as what somebody in the group reads there. `seq`: the first of the two messages; `to`: the head of the log. */
async function everywhere(t: ExecutionContext, { bob: who, author }: Setting, seq: number, to: number): Promise<Record<string, string>> {
  const get = async (path: string, type = JSON_TYPE): Promise<string> => (await who.get(path, type)).text;
  const rows = await EventReader.open(who, `${LOBBY}/events?after=0`);
  t.teardown(() => rows.close());
  await rows.until(() => rows.ids.includes(to));
  const end = new RegExp(ALLOWED);
  return {
    json: JSON.stringify(await replay(t, who, `${LOBBY}/events?as=json&after=0`, to)),
    'all groups': JSON.stringify(await replay(t, who, '/events?after=0', to)),
    text: await raw(t, who, `${LOBBY}/events?as=text&after=0`, end),
    'all groups as text': await raw(t, who, '/events?as=text&after=0', end),
    'keyword and other text': await raw(t, who, '/events?as=text&after=0&keyword=code&keyword=lunch', end),
    rows: JSON.stringify(rows.events),
    frame: await raw(t, who, `${LOBBY}/live`, end),
    page: await get(LOBBY, 'text/html'),
    'page as JSON': await get(`${LOBBY}/messages`),
    'page as text': await get(`${LOBBY}/messages`, 'text/plain'),
    search: (await get('/search?q=launch')) + (await get('/search?q=lunch')),
    history: (await get(`${LOBBY}/messages/${seq}/history`)) + (await get(`${LOBBY}/messages/${to - 1}/history`)),
    'by key': (await author.get(`${LOBBY}/by-key/first`, JSON_TYPE)).text + (await author.get(`${LOBBY}/by-key/second`, JSON_TYPE)).text,
  };
}

const holds = (text: string, secret: string): boolean => text.includes(secret);

for (const { name, on, open } of SETTINGS) {
  on.serial(`erased text is withheld at once wherever messages are read, and back after an undo: ${name}`, async (t) => {
    const setting = await open(t);
    const { site, ann, bob } = setting;
    const put = async (key: string, body: string) =>
      (await ann.json('PUT', `${LOBBY}/by-key/${key}`, { body })).json<{ seq: number }>().seq;
    const seq = await put('first', SECRET);
    await put('first', EDITED);
    const other = await put('second', ALLOWED);
    t.is(other, seq + 2);
    const bobsOwn = `${LOBBY}/events?as=json&after=${seq}`; // the edit alone, whose message is before the cursor
    await replay(t, bob, `${LOBBY}/events?as=json&after=0`, other); // is kept for the next readers
    t.true(holds(JSON.stringify(await replay(t, bob, bobsOwn, other)), EDITED));

    t.is((await ann.json('DELETE', `${LOBBY}/messages/${seq}`)).status, 200);
    const early = await replay(t, bob, `${LOBBY}/events?as=json&after=0`, seq + 3);
    t.false(holds(JSON.stringify(early), 'launch'), 'although the same was read just before');
    const meanwhile = await EventReader.open(bob, `${LOBBY}/events?as=json&after=0`);
    t.teardown(() => meanwhile.close());
    for (const [place, text] of Object.entries(await everywhere(t, setting, seq, seq + 3))) {
      t.false(holds(text, 'launch'), place);
      t.false(holds(text, '7319') || holds(text, '8420'), place);
      t.true(holds(text, ALLOWED), `${place}: the message beside it`);
    }
    t.false(holds(JSON.stringify(await replay(t, bob, bobsOwn, seq + 3)), 'launch'));

    t.is((await ann.json('POST', `${LOBBY}/messages/${seq}/unerase`)).status, 200);
    for (const [place, text] of Object.entries(await everywhere(t, setting, seq, seq + 4))) t.true(holds(text, EDITED), place);
    const whole = await replay(t, bob, `${LOBBY}/events?as=json&after=0`, seq + 4);
    t.deepEqual(
      whole.map(({ id }) => id),
      Array.from({ length: seq + 4 }, (_, index) => index + 1),
    );
    t.deepEqual(
      whole.slice(seq - 1).map(({ kind, body }) => [kind, body]),
      [
        ['message', SECRET],
        ['edit', EDITED],
        ['message', ALLOWED],
        ['erase', ''],
        ['unerase', EDITED],
      ],
    );
    await meanwhile.until((events) => events.some(({ data }) => data.includes('"unerase"')));
    const last = meanwhile.events.findLast(({ data }) => data !== '');
    t.is(JSON.parse(last?.data ?? '{}').body, EDITED, 'somebody who came while it was erased gets the text with the undo');
    t.false(holds(JSON.stringify(meanwhile.events.slice(0, -1)), 'launch'));
    t.is(site.core.meters.gaps, 0);
  });

  on.serial(`a message with a snapshot is replayed as it was posted, and withheld once it is erased: ${name}`, async (t) => {
    const { site, ann, bob } = await open(t);
    const { core, annUser } = site;
    const at = await openGroup(core, annUser, 'lobby');
    const { message } = await messages.post(core, at, { body: SECRET });
    for (let i = 0; i < 40; i += 1) await messages.react(core, at, message.seq, '👍', i % 2 === 0);
    await messages.erase(core, at, message.seq);
    await ann.get(`${LOBBY}/messages/${message.seq}`, JSON_TYPE); // stores a snapshot that says it is erased
    const head = async (): Promise<number> => (await core.store.log.head(at.group.id)).seq;
    const posted = async () => (await replay(t, bob, `${LOBBY}/events?as=json&after=${message.seq - 1}`, await head()))[0];
    t.is((await posted())?.body, '');
    await messages.unerase(core, at, message.seq);
    t.is((await posted())?.body, SECRET);
  });

  on.serial(`a reader who is behind does not get a text that was erased while the reader was away: ${name}`, async (t) => {
    const { site, bob } = await open(t);
    const { core, annUser, lobby, clock } = site;
    const live = await EventReader.open(bob, `${LOBBY}/events?as=json`);
    t.teardown(() => live.close());
    const head = await core.store.log.head(lobby.id);
    const at = clock.now() - 5000;
    const common = { group: lobby.id, author: annUser.id, at: Math.max(at, head.at) } as const;
    const entries: Entry[] = [
      { ...common, seq: head.seq + 1, n: head.n + 1, uid: 'quiet 1', kind: 'message', body: SECRET, format: 'text' },
      { ...common, seq: head.seq + 2, n: head.n + 1, uid: 'quiet 2', kind: 'erase', target: head.seq + 1, undoUntil: at + 10_000 },
      { ...common, seq: head.seq + 3, n: head.n + 2, uid: 'quiet 3', kind: 'message', body: ALLOWED, format: 'text' },
    ];
    await core.store.log.append(lobby.id, entries); // nobody is told: as while Redis is away
    core.bus.publish({ type: 'head', group: lobby.id, seq: head.seq + 3 });
    await live.until((events) => events.filter(({ data }) => data !== '').length === 3);
    t.false(holds(JSON.stringify(live.events), 'launch'));
    t.true(holds(JSON.stringify(live.events), ALLOWED));
    t.deepEqual(live.ids, [head.seq + 1, head.seq + 2, head.seq + 3]);
  });
}
