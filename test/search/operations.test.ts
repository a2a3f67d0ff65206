import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { MongoClient } from 'mongodb';
import type { User } from '../../lib/accounts/port.ts';
import type { Core } from '../../lib/core.ts';
import { addMember, insertGroup, removeMember } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import type { GroupId } from '../../lib/ids.ts';
import { scrubDue } from '../../lib/log/scrub.ts';
import * as operations from '../../lib/messages/operations.ts';
import { SCRUB_GRACE_MS, UNDO_MS } from '../../lib/messages/rules.ts';
import { LogIndexer } from '../../lib/search/indexer.ts';
import { matchIn } from '../../lib/search/match.ts';
import { MAX_FOUND, type SearchPage, search } from '../../lib/search/operations.ts';
import { TERMS_VERSION } from '../../lib/search/port.ts';
import { parseSearch } from '../../lib/search/query.ts';
import { accessOf, openTestCore, type TestCore, textDraft } from '../helpers/core-fixture.ts';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { isMissing, requireOrSkip, type Service } from '../helpers/services.ts';
import { mongoForFile } from '../helpers/shared-services.ts';

const mongo = await mongoForFile();
const mongoTest = requireOrSkip(test, mongo);

async function postText(core: Core, user: User, group: Group, body: string): Promise<number> {
  return (await operations.post(core, await accessOf(core, user, group), { body })).message.seq;
}

/** Searches with the clock advanced. Waits until a slow server has indexed everything. */
async function find(
  core: Core,
  user: User,
  typed: string,
  window: { cursor?: string | undefined; limit?: number } = {},
): Promise<SearchPage> {
  if (core.store.kind === 'mongo')
    for (const { group } of await core.store.memberships.ofUser(user.id)) await allIndexed(core, { id: group });
  return search({ ...core, rateLimiter: { ...core.rateLimiter, take: () => 0 } }, user, parseSearch(typed), {
    limit: MAX_FOUND,
    ...window,
  });
}

const bodies = ({ found }: SearchPage): string[] => found.map(({ folded }) => folded.state.body);

/** All pages of a search. */
async function findAll(core: Core, user: User, typed: string, limit: number): Promise<string[]> {
  const all: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await find(core, user, typed, { cursor, limit });
    all.push(...bodies(page));
    cursor = page.next;
    if (cursor === undefined) return all;
  }
}

type Case = (t: ExecutionContext, service?: Service) => Promise<void>;

/** A second group with Bob and without Ann. */
async function pantry({ core, bob, ann }: TestCore, withAnn = false): Promise<Group> {
  const { id } = await insertGroup(core, 'Pantry', false);
  const group = await core.store.groups.byId(id);
  if (!group) throw new Error('no pantry');
  await addMember(core, bob.id, group, bob, 'moderator');
  if (withAnn) await addMember(core, bob.id, group, ann);
  return group;
}

/** Indexes all entries of a log. */
async function allIndexed(core: Core, { id }: Pick<Group, 'id'>): Promise<void> {
  const head = await core.store.log.head(id);
  const position = async () => (await core.store.search.positions([id], TERMS_VERSION)).get(id) ?? 0;
  while ((await position()) < head.seq) await core.indexer.catchUp([{ id, head }]);
}

/** The raw content of the store as one text, without the port. */
async function rawStore({ core, file }: TestCore): Promise<string> {
  if (core.config.mongodbUrl === undefined) return readFileSync(file, 'latin1') + readFileSync(`${file}-wal`, 'latin1');
  await using client = new MongoClient(core.config.mongodbUrl);
  const collections = await client.db().collections();
  return JSON.stringify(await Promise.all(collections.map((collection) => collection.find().toArray())));
}

const cases: Readonly<Record<string, Case>> = {
  'search: by words, phrases, people, groups and days, newest first': async (t, service) => {
    const opened = await openTestCore(t, service);
    const { core, clock, group, ann, bob } = opened;
    const other = await pantry(opened, true);
    await postText(core, ann, group, 'The kettle is on');
    clock.turn(86_400_000); // 3 January 2026
    await postText(core, bob, group, 'A kettle of fish, on the house');
    await postText(core, bob, other, 'Kettles and pots: see the café list');
    clock.turn(86_400_000); // 4 January
    await postText(core, ann, other, '我在北京 drinking tea');
    const [first, second, third, fourth] = [
      'The kettle is on',
      'A kettle of fish, on the house',
      'Kettles and pots: see the café list',
      '我在北京 drinking tea',
    ];
    const newest = [second, third].sort((a) => (group.id > other.id === (a === second) ? -1 : 1)); // of one ms: by group
    const table: [string, readonly string[]][] = [
      ['kettle', [...newest, first]],
      ['kettle ', [second, first]],
      ['kettle on ', [second, first]],
      ['"kettle is on"', [first]],
      ['"is kettle"', []],
      ['the', [...newest, first]],
      ['CAFE ', [third]],
      ['北京', [fourth]],
      ['京', [fourth]],
      ['京北', []],
      ['kettle -fish ', [first]],
      ['kettle* -"kettle of"', [third, first]],
      ['from:ann', [fourth, first]],
      ['from:me tea', [fourth]],
      ['from:ann from:BOB kettle ', [second, first]],
      ['-from:bob', [fourth, first]],
      ['from:Nobody', []],
      ['in:pantry', [fourth, third]],
      ['in:PANTRY in:kitchen kettle ', [second, first]],
      ['-in:pantry kett', [second, first]],
      ['in:cellar kettle', []],
      ['before:2026-01-03', [first]],
      ['after:2026-01-03 before:2026-01-04', newest],
      ['after:2026-01-04', [fourth]],
      ['after:2027', []],
      ['kettle after:2026 before:2026-01 ', []],
      ['-kettle ', [fourth, third]],
      ['nothing like that', []],
    ];
    for (const [typed, said] of table) t.deepEqual(bodies(await find(core, ann, typed)), said, typed);
  },

  'search: only in groups that the user may read now, not for former members or others': async (t, service) => {
    const opened = await openTestCore(t, service);
    const { core, group, ann, bob, eve } = opened;
    const other = await pantry(opened);
    await postText(core, bob, group, 'secret of the kitchen');
    await postText(core, bob, other, 'secret of the pantry');
    t.is(bodies(await find(core, bob, 'secret')).length, 2);
    t.deepEqual(bodies(await find(core, ann, 'secret')), ['secret of the kitchen']);
    for (const typed of ['secret', 'in:kitchen', 'in:pantry secret', 'from:bob'])
      t.deepEqual(await find(core, eve, typed), { found: [], next: undefined });
    for (const slug of ['pantry', 'no-such-group'])
      t.deepEqual(await find(core, ann, `in:${slug} secret`), { found: [], next: undefined }, 'forbidden and absent are the same');
    await addMember(core, bob.id, other, ann);
    t.is(bodies(await find(core, ann, 'secret')).length, 2, 'who comes in later may read what came before');
    await removeMember(core, bob.id, other, ann);
    t.deepEqual(bodies(await find(core, ann, 'secret in:pantry')), []);
    t.deepEqual(bodies(await find(core, ann, 'secret')), ['secret of the kitchen']);
  },

  'search: an edit by its new words; an erased message not, until undone': async (t, service) => {
    const { core, group, ann, bob } = await openTestCore(t, service);
    const seq = await postText(core, bob, group, 'apples');
    const at = await accessOf(core, bob, group);
    t.deepEqual(bodies(await find(core, ann, 'apples')), ['apples']);
    await operations.edit(core, at, seq, 'pears');
    t.deepEqual(bodies(await find(core, ann, 'apples')), []);
    t.deepEqual(bodies(await find(core, ann, 'pears')), ['pears']);
    await operations.erase(core, at, seq);
    for (const typed of ['apples', 'pears', 'from:bob', 'in:kitchen']) t.deepEqual(bodies(await find(core, ann, typed)), [], typed);
    await operations.unerase(core, at, seq);
    t.deepEqual(bodies(await find(core, ann, 'pears')), ['pears']);
    t.deepEqual(bodies(await find(core, ann, 'from:bob')), ['pears']);
  },

  'search: the words of a scrubbed message are removed from the store': async (t, service) => {
    const opened = await openTestCore(t, service);
    const { core, clock, group, ann, bob } = opened;
    const at = await accessOf(core, bob, group);
    for (let i = 0; i < 120; i += 1) await core.appender.append(group.id, textDraft(bob.id, `filler number ${i} among many words`));
    const [indexed, unseen] = [await postText(core, bob, group, 'Quinquereme kept'), await postText(core, bob, group, 'Zanzibarian kept')];
    await allIndexed(core, group);
    t.is(bodies(await find(core, ann, 'quinquereme')).length, 1);
    await operations.edit(core, at, indexed, 'Hexadecimally kept');
    t.is(bodies(await find(core, ann, 'hexadecimally')).length, 1);
    t.regex(await rawStore(opened), /quinquereme/i, 'where it is looked for, it is found');
    await operations.erase(core, at, indexed);
    clock.turn(UNDO_MS + SCRUB_GRACE_MS + 1);
    await scrubDue(core);
    const left = await rawStore(opened);
    t.notRegex(left, /quinquereme|hexadecimally/i);
    t.regex(left, /zanzibarian/i);
    await operations.erase(core, at, unseen);
    clock.turn(UNDO_MS + SCRUB_GRACE_MS + 1);
    await scrubDue(core); // the index has not seen that it was erased
    t.notRegex(await rawStore(opened), /zanzibarian/i);
    t.deepEqual(bodies(await find(core, ann, 'kept')), []);
  },

  'search: a late index write does not restore the words of a scrubbed message': async (t, service) => {
    const { core, clock, group, ann, bob, second } = await openTestCore(t, service);
    const at = await accessOf(core, bob, group);
    const seq = await postText(core, bob, group, 'the secret');
    const slow = await second();
    const late = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { search: index } = slow.store;
    const held = {
      ...slow.store,
      search: {
        ...index,
        put: async (...args: Parameters<typeof index.put>) => {
          arrived.resolve();
          await late.promise;
          await index.put(...args);
        },
      },
    };
    const indexing = new LogIndexer({ store: held, logger: slow.logger, scheduler: slow.scheduler }).catchUp([
      (await core.store.groups.byId(group.id)) ?? group,
    ]);
    await arrived.promise;
    await operations.erase(core, at, seq);
    clock.turn(UNDO_MS + SCRUB_GRACE_MS + 1);
    await scrubDue(core);
    late.resolve();
    await indexing;
    t.deepEqual(await core.store.search.find({ ...NOTHING, all: ['secret'], slices: [{ group: group.id, slice: 0 }], limit: 9 }), []);
    t.deepEqual(bodies(await find(core, ann, 'secret')), []);
  },

  'search: cursors stay correct while messages are added and erased': async (t, service) => {
    const { core, clock, group, ann, bob } = await openTestCore(t, service);
    const seqs: number[] = [];
    for (let i = 0; i < 25; i += 1) {
      if (i % 3 === 0) clock.turn(1); // several of one ms
      seqs.push(await postText(core, bob, group, `note ${i}`));
    }
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await find(core, ann, 'note', { cursor, limit: 10 });
      pages.push(bodies(page));
      cursor = page.next;
      await postText(core, bob, group, 'note that is new');
      if (pages.length === 1) await operations.erase(core, await accessOf(core, bob, group), seqs[14] ?? 0); // where the page ended
    } while (cursor !== undefined);
    t.deepEqual(
      pages.map((page) => page.length),
      [10, 10, 4],
    );
    const expected = Array.from({ length: 25 }, (_, i) => `note ${24 - i}`).filter((body) => body !== 'note 14');
    t.deepEqual(pages[0], ['note 24', 'note 23', 'note 22', 'note 21', 'note 20', 'note 19', 'note 18', 'note 17', 'note 16', 'note 15']);
    t.deepEqual(pages.flat(), expected);
  },

  'search: by the text of cards and by file names': async (t, service) => {
    const { core, group, ann, bob } = await openTestCore(t, service);
    const model = JSON.stringify({
      cards: [{ title: 'Build 7 failed', fields: [{ title: 'Branch', value: [{ type: 'text', text: 'main' }] }] }],
    });
    const file = { id: 'f1', name: 'Quarterly report.pdf', type: 'application/pdf', bytes: 3 };
    await core.appender.append(group.id, textDraft(bob.id, model, { format: 'model' } as object));
    await core.appender.append(group.id, textDraft(bob.id, 'see this', { attachments: [file] } as object));
    t.is((await find(core, ann, '"build 7 failed"')).found.length, 1);
    t.is((await find(core, ann, 'cards')).found.length, 0, 'its JSON is nobody’s text');
    t.deepEqual(bodies(await find(core, ann, 'quarterly')), ['see this']);
  },

  'search: a lagging index catches up in the background, also after an upgrade of the term rules': async (t, service) => {
    const { core, group, ann, bob } = await openTestCore(t, service);
    for (let i = 0; i < 250; i += 1) await core.appender.append(group.id, textDraft(bob.id, `old words ${i}`));
    const position = async () => (await core.store.search.positions([group.id], TERMS_VERSION)).get(group.id) ?? 0;
    t.is(await position(), 0, 'posting does not index');
    const { seq } = await core.store.log.head(group.id);
    const done = reaches(core, group.id, seq);
    await core.indexer.start();
    await done;
    t.is(await position(), seq);
    t.is((await find(core, ann, '"words 17"')).found.length, 1);
    const next = reaches(core, group.id, seq + 1);
    await postText(core, bob, group, 'new words');
    await next;
    await core.indexer.stop();
    t.is(await position(), seq + 1);
  },

  'search: random queries find the same as a linear scan, page by page': async (t, service) => {
    const opened = await openTestCore(t, service);
    const { core, clock, group, ann, bob } = opened;
    const other = await pantry(opened, true);
    const said: { body: string; user: User; group: Group; at: number; seq: number }[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 6 }),
        fc.array(query, { minLength: 6, maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        async (lines, queries, limit) => {
          for (const { words, isAnn, isOther, pause } of lines) {
            clock.turn(pause);
            const [user, where] = [isAnn ? ann : bob, isOther ? other : group];
            const body = words.join(' ');
            said.push({ body, user, group: where, at: clock.now(), seq: await postText(core, user, where, body) });
          }
          await Promise.all([allIndexed(core, group), allIndexed(core, other)]);
          for (const typed of queries) t.deepEqual(await findAll(core, ann, typed, limit), expected(typed), typed);
        },
      ),
      { numRuns: service ? 8 : 25 },
    );
    function expected(typed: string): string[] {
      const asked = parseSearch(typed);
      return said
        .filter((one) => matchIn(one.body, asked))
        .filter(({ user }) => asked.from.length === 0 || asked.from.includes(user.name.toLowerCase()))
        .filter(({ group: { slug } }) => (asked.in.length === 0 || asked.in.includes(slug)) && !asked.notIn.includes(slug))
        .toSorted((a, b) => b.at - a.at || (a.group.id < b.group.id ? 1 : a.group.id > b.group.id ? -1 : b.seq - a.seq))
        .map(({ body }) => body);
    }
  },
};

const NOTHING = { all: [], prefixes: [], any: [], none: [], nonePrefixes: [] } as const;

const vocabulary = ['tea', 'teapot', 'pot', 'a', 'ab', 'Tea!', '東京', 'café', 'e-mail', '1,5'];
const line = fc.record({
  words: fc.array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 5 }),
  isAnn: fc.boolean(),
  isOther: fc.boolean(),
  pause: fc.nat(2),
});
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...vocabulary, 'te', 'po*', 'te*', '京') },
  { weight: 2, arbitrary: fc.constantFrom('-tea', '-po*', '-"tea pot"', '-東') },
  { weight: 2, arbitrary: fc.constantFrom('"tea pot"', '"a ab"', '"pot tea', '"tea po"*') },
  { weight: 1, arbitrary: fc.constantFrom('from:ann', 'from:bob', 'from:nobody', 'in:pantry', 'in:kitchen', '-in:pantry', 'in:none') },
);
const query = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom('', ' '))
  .map(([parts, end]) => parts.join(' ') + end);

/** Resolves when the background indexer has reached the head of a log. */
async function reaches(core: Core, group: GroupId, seq: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { search: index } = core.store;
  Object.assign(core.store, {
    search: {
      ...index,
      put: async (...args: Parameters<typeof index.put>) => {
        await index.put(...args);
        if (args[0] === group && (args[2]?.upto ?? 0) >= seq) resolve();
      },
    },
  });
  const keepAlive = setInterval(() => {}, 1000); // the indexer's timers do not keep a process alive
  await promise;
  clearInterval(keepAlive);
  Object.assign(core.store, { search: index });
}

for (const [title, run] of Object.entries(cases)) {
  test(`sqlite: ${title}`, (t) => run(t));
  mongoTest.serial(`mongo: ${title}`, (t) => run(t, isMissing(mongo) ? undefined : mongo));
}

test('search: a long backlog does not delay a search; it finds what is indexed', async (t) => {
  const { core, group, ann, bob } = await openTestCore(t);
  for (let i = 0; i < 2300; i += 100)
    await Promise.all(Array.from({ length: 100 }, (_, k) => core.appender.append(group.id, textDraft(bob.id, `line ${i + k}`))));
  await find(core, ann, 'line');
  const position = (await core.store.search.positions([group.id], TERMS_VERSION)).get(group.id) ?? 0;
  t.true(position > 0 && position <= 2100, `${position}`);
  await allIndexed(core, group);
  t.is((await find(core, ann, '"line 2299"')).found.length, 1);
});

test('search: unavailable while the store is, and works again afterwards', async (t) => {
  const { core, group, ann, bob } = await openTestCore(t);
  await postText(core, bob, group, 'before the storm');
  const faults = new Faults();
  makeFaulty(core, faults);
  faults.isAway = true;
  await t.throwsAsync(find(core, ann, 'storm'), { name: 'StoreUnavailable' });
  const refused = faults.refusal();
  await core.indexer.start();
  await refused;
  faults.isAway = false;
  t.deepEqual(bodies(await find(core, ann, 'storm')), ['before the storm']);
});

test('search: an invalid cursor is refused', async (t) => {
  const { core, ann } = await openTestCore(t);
  for (const cursor of ['', 'x', '1-2', '-1-a-1', "1-'-1", '1-a-1-1', '9'.repeat(20)])
    await t.throwsAsync(find(core, ann, 'x', { cursor }), { code: 'invalid' });
  await t.notThrowsAsync(find(core, ann, 'x', { cursor: '1700000000000-abc-7' }));
  await t.notThrowsAsync(find(core, ann, 'x', { cursor: '1700000000000--0' }));
});

test('search: rate limit per user with the time to wait', async (t) => {
  const { core, clock, ann, bob } = await openTestCore(t);
  const ask = (user: User) => search(core, user, parseSearch('tea'), { limit: 9 });
  let refused: unknown;
  for (let i = 0; i < 100 && refused === undefined; i += 1)
    refused = await ask(ann).then(
      () => undefined,
      (error) => error,
    );
  t.like(refused, { code: 'tooMany', retryAfterMs: 500 });
  await t.notThrowsAsync(ask(bob));
  clock.turn(500);
  await t.notThrowsAsync(ask(ann));
});
