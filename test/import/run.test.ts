import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { logIn } from '../../lib/accounts/operations.ts';
import type { Core } from '../../lib/core.ts';
import { DomainError, unavailable } from '../../lib/errors.ts';
import { exportJsonFolder } from '../../lib/export/write-json.ts';
import { openSource } from '../../lib/import/open.ts';
import { parsePeopleMap } from '../../lib/import/people.ts';
import { type ImportOptions, type ImportResult, planImport, runImport } from '../../lib/import/run.ts';
import type { Source } from '../../lib/import/source.ts';
import { readMessage } from '../../lib/log/history.ts';
import { erase, post } from '../../lib/messages/operations.ts';
import { KINDS, type Kind, mongo, openFilled } from '../backup/data.ts';
import { accessOf, isDense, openTestCore, type TestCore, wholeLog } from '../helpers/core-fixture.ts';
import { groupAt, openLobby, userNamed } from '../helpers/fixtures.ts';
import { folderFor } from '../helpers/folder.ts';
import { present, requireOrSkip } from '../helpers/services.ts';
import { EventReader } from '../helpers/stream.ts';
import { sample } from './places.ts';

const testOn = (kind: Kind) => (kind === 'mongo' ? requireOrSkip(test, mongo) : test).serial;
const openOn = (t: ExecutionContext, kind: Kind): Promise<TestCore> => openTestCore(t, kind === 'mongo' ? present(mongo) : undefined);

type Given = Partial<Omit<ImportOptions, 'map'>> & { readonly map?: object; readonly change?: (source: Source) => Source };

async function optionsFor(core: Core, { map = {}, change: _, ...given }: Given): Promise<ImportOptions> {
  const by = (await core.store.users.list({ limit: 10 })).find(({ admin }) => admin);
  return {
    map: parsePeopleMap(map),
    matchNames: false,
    channels: [],
    direct: true,
    by: by?.id ?? ('' as never),
    onProgress: () => {},
    ...given,
  };
}

async function importInto(t: ExecutionContext, core: Core, path: string, given: Given = {}): Promise<ImportResult> {
  const { source, close } = await openSource(path, { timeZone: 'UTC' });
  t.teardown(close);
  return runImport(core, given.change?.(source) ?? source, await optionsFor(core, given));
}

/** The shown texts of a group with author and time. */
async function said(core: Core, slug: string): Promise<string[]> {
  const group = await groupAt(core, slug);
  const { n } = await core.store.log.head(group.id);
  const messages = await core.store.log.messages(group.id, 1, Math.max(1, n));
  const profiles = await core.directory.profiles(messages.map(({ author }) => author));
  const folded = await Promise.all(messages.map(({ seq }) => readMessage(core, group.id, seq)));
  return folded.map(
    ({ message, state }) => `${new Date(message.at).toISOString().slice(0, 16)} ${profiles.get(message.author)?.name}: ${state.body}`,
  );
}

for (const kind of KINDS) {
  testOn(kind)(
    `import on ${kind}: groups, people, times, replies, reactions, edits, files and unread counts; a second run adds nothing`,
    async (t) => {
      const { core } = await openOn(t, kind);
      const first = await importInto(t, core, sample('slack'));
      t.like(first, { messages: 10, files: 1, before: 0, late: 0, reactions: 3, edits: 1 });
      t.deepEqual(await said(core, 'general'), [
        '2024-01-01T08:01 Omar Haddad: The **rye** starter & the oven are ready, @Lena. See [the recipe](https://bakery.example/rye)',
        (await said(core, 'general'))[1] ?? '',
        '2024-01-01T08:03 Lena: Thanks, I bake at six',
        '2024-01-01T08:05 Lena: *ties an apron*',
        '2024-01-02T09:00 admin (imported): The price list\n[file] [sign.pdf](https://bakery.slack.com/files/U0PRIYA/F0SIGN/sign.pdf)',
        '2024-01-02T09:01 U0GONE: I left long ago 👋',
      ]);
      const general = await groupAt(core, 'general');
      const lena = await userNamed(core, 'lena');
      const rye = await readMessage(core, general.id, (await core.store.log.messages(general.id, 1, 1))[0]?.seq ?? 0);
      t.deepEqual(rye.message.mentions, [lena.id]);
      const [reply] = await core.store.log.messages(general.id, 3, 3);
      t.like(reply, { replyTo: rye.message.seq, thread: rye.message.seq });
      t.deepEqual(
        rye.state.reactions.map(({ emoji, by }) => [emoji, by.length]),
        [
          ['👍🏼', 2],
          [':croissant_part:', 1],
        ],
      );
      t.is(rye.state.pinned?.by, lena.id);
      t.true(isDense(await wholeLog(core, general.id)));
      t.like(general, { open: true, topic: 'Everything about bread' });
      t.like(await groupAt(core, 'empty'), { archived: true });
      const { n } = await core.store.log.head(general.id);
      const membership = await core.store.memberships.get(general.id, lena.id);
      t.like(membership, { in: true, role: 'moderator', mark: n, lined: true });
      t.is((await core.store.log.countMentions(lena.id, [{ group: general.id, after: n }])).get(general.id), 0);

      const logs = await everyLog(core);
      const second = await importInto(t, core, sample('slack'));
      t.like(second, { messages: 0, files: 0, before: 10, reactions: 0, edits: 0, late: 0, people: { created: 0 } });
      t.deepEqual(await everyLog(core), logs);
    },
  );

  testOn(kind)(`import on ${kind}: a run that breaks off at any file is continued by the next, with the same result`, async (t) => {
    const whole = await openOn(t, kind);
    await importInto(t, whole.core, sample('slack'));
    const broken = await openOn(t, kind);
    const breaking = (source: Source): Source => ({ ...source, open: () => Promise.reject(new Error('the disk is gone')) });
    await t.throwsAsync(importInto(t, broken.core, sample('slack'), { change: breaking }), { message: 'the disk is gone' });
    t.true((await said(broken.core, 'general')).length < (await said(whole.core, 'general')).length);
    await importInto(t, broken.core, sample('slack'));
    for (const slug of ['general', 'design']) t.deepEqual(await said(broken.core, slug), await said(whole.core, slug));
    t.true(isDense(await wholeLog(broken.core, (await groupAt(broken.core, 'general')).id)));
  });

  testOn(kind)(`import on ${kind}: an export of Parley, imported elsewhere and exported again, has the same messages`, async (t) => {
    const { core, group } = await openFilled(t, kind);
    const here = await groupAt(core, (await core.store.groups.byId(group.id))?.slug ?? '');
    const folder = await folderFor(t);
    const original = join(folder, 'original');
    const scope = { scope: { group: here }, program: 'test' };
    const { messages } = await exportJsonFolder(core, original, scope);
    t.true(messages > 3);
    const other = await openOn(t, kind);
    const map = Object.fromEntries(['Ann', 'Bob', 'Eve'].map((name) => [name, name]));
    const { leftOut } = await importInto(t, other.core, original, { map });
    t.deepEqual(
      leftOut.filter(({ what }) => !/^(?:system|erased) messages/.test(what)),
      [],
    );
    const copied = await groupAt(other.core, here.slug);
    await exportJsonFolder(other.core, join(folder, 'copy'), { scope: { group: copied }, program: 'test' });
    t.deepEqual(await comparable(join(folder, 'copy')), await comparable(original));
  });
}

async function everyLog(core: Core): Promise<unknown[]> {
  const groups = await core.store.groups.list({ limit: 100 });
  return Promise.all(groups.map(async (group) => [group.slug, await wholeLog(core, group.id)]));
}

/** The messages of an export without the ids of the installation. Erased ones are not imported. */
async function comparable(folder: string): Promise<unknown[]> {
  const { readFile } = await import('node:fs/promises');
  const records = (await readFile(join(folder, 'export.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const names = new Map(records.filter(({ type }) => type === 'person').map(({ id, name }) => [id, name]));
  const named = (value: unknown): unknown => (typeof value === 'string' ? (names.get(value) ?? value) : value);
  const texts = new Map(records.filter(({ type }) => type === 'message').map(({ seq, body }) => [seq, body]));
  return records
    .filter(({ type, erased }) => type === 'message' && !erased)
    .map(({ seq: _, group: _group, reply_to: answered, files = [], ...rest }) => ({
      answered: texts.get(answered),
      ...JSON.parse(JSON.stringify(rest, (key, value) => (key === 'at' && rest.reactions?.length > 0 ? undefined : named(value)))),
      at: rest.at,
      files: files.map(({ name, bytes }: { name: string; bytes: number }) => [name, bytes]),
    }));
}

/** The messages of a group with what they answer, all by their texts. */
async function answersIn(core: Core, slug: string): Promise<(string | undefined)[][]> {
  const group = await groupAt(core, slug);
  const messages = await core.store.log.messages(group.id, 1, 900);
  const bodyAt = (seq: number | undefined) => messages.find((one) => one.seq === seq)?.body;
  return messages.map(({ body, replyTo, thread }) => [body, bodyAt(replyTo), bodyAt(thread)]);
}

test('import: replies answer the messages that were imported, over batches and runs; others quote as before', async (t) => {
  const { core, group, ann, bob } = await openTestCore(t);
  const [asAnn, asBob] = [await accessOf(core, ann, group), await accessOf(core, bob, group)];
  const { message: root } = await post(core, asAnn, { body: 'root' });
  for (let n = 0; n < 300; n += 1) await post(core, asBob, { body: `other ${n}` });
  const { message: one } = await post(core, asBob, { body: 'one', replyTo: root.seq });
  const { message: two } = await post(core, asAnn, { body: 'two', replyTo: one.seq });
  await post(core, asBob, { body: 'three', replyTo: two.seq });
  const { message: gone } = await post(core, asAnn, { body: 'gone' });
  await post(core, asBob, { body: 'to what is gone', replyTo: gone.seq });
  await erase(core, asAnn, gone.seq);
  const folder = join(await folderFor(t), 'original');
  await exportJsonFolder(core, folder, { scope: { group }, program: 'test' });

  const whole = await openTestCore(t);
  const map = { Ann: 'Ann', Bob: 'Bob' };
  await importInto(t, whole.core, folder, { map, change: (source) => ({ ...source, origin: 'elsewhere' }) });
  const copied = (await whole.core.store.groups.list({ limit: 10 })).find(({ id, name }) => name === group.name && id !== whole.group.id);
  const answers = await answersIn(whole.core, copied?.slug ?? '');
  t.deepEqual(answers.slice(301), [
    ['one', 'root', 'root'],
    ['two', 'one', 'root'],
    ['three', 'two', 'root'],
    ['to what is gone', undefined, undefined],
  ]);
  const logs = await everyLog(whole.core);
  t.like(await importInto(t, whole.core, folder, { map, change: (source) => ({ ...source, origin: 'elsewhere' }) }), {
    messages: 0,
    late: 0,
  });
  t.deepEqual(await everyLog(whole.core), logs);

  const partly = await openTestCore(t);
  await importInto(t, partly.core, folder, { map: { Ann: null, Bob: 'Bob' }, change: (source) => ({ ...source, origin: 'elsewhere' }) });
  const part = (await partly.core.store.groups.list({ limit: 10 })).find(({ id, name }) => name === group.name && id !== partly.group.id);
  const left = await answersIn(partly.core, part?.slug ?? '');
  t.deepEqual(
    left.slice(300).map(([, ...answered]) => answered),
    [
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
  t.regex(left[300]?.[0] ?? '', /wrote:\n> root\n\none$/);
});

/** What an export from before 2 January has. */
const onlyOld = (source: Source): Source => ({
  ...source,
  read: (into) =>
    source.read({
      person: (one) => into.person(one),
      channel: (one) => into.channel(one),
      leftOut: (what, example) => into.leftOut(what, example),
      message: (one) => one.at < Date.UTC(2024, 0, 2) && into.message(one),
    }),
});

test('import: a later export of the same channel continues its group, as long as nobody else has written there', async (t) => {
  const { core, ann } = await openTestCore(t);
  t.is((await importInto(t, core, sample('slack'), { change: onlyOld })).messages, 4);
  const general = await groupAt(core, 'general');
  t.like(await importInto(t, core, sample('slack')), { messages: 6, before: 4, late: 0 });
  t.is((await core.store.groups.bySlug('general'))?.id, general.id);

  const other = await openTestCore(t);
  await importInto(t, other.core, sample('slack'), { change: onlyOld });
  const there = await groupAt(other.core, 'general');
  const { addMember } = await import('../../lib/groups/operations.ts');
  await addMember(other.core, other.ann.id, there, other.ann);
  await post(other.core, await accessOf(other.core, other.ann, there), { body: 'meanwhile' });
  const again = await importInto(t, other.core, sample('slack'));
  t.is(again.late, 2);
  t.like(
    again.groups.find(({ slug }) => slug === 'general'),
    { messages: 0, before: 4, late: 2 },
  );
  t.is(ann.name, 'Ann');
});

test('import: nobody who was imported can log in until a password is set', async (t) => {
  const { core } = await openTestCore(t);
  await importInto(t, core, sample('slack'));
  const lena = await userNamed(core, 'lena');
  t.is(lena.passwordHash, null);
  t.is(lena.admin, false);
  const logInAs = (password: string) => logIn(core, { name: 'Lena', password, address: '192.0.2.1' });
  for (const password of ['', 'null', 'lena']) await t.throwsAsync(logInAs(password), { instanceOf: DomainError });
  const { setPassword } = await import('../../lib/accounts/operations.ts');
  await setPassword(core, lena, 'four rye loaves at six');
  t.is((await logInAs('four rye loaves at six')).id, lena.id);
});

test('import: a person with the name of an account is decided by the map or --match-names, and nothing is written before', async (t) => {
  const { core, bob } = await openTestCore(t);
  const { createAccount } = await import('../../lib/accounts/operations.ts');
  const lena = await createAccount(core, { name: 'Lena', password: null });
  const groups = await core.store.groups.count('group');
  await t.throwsAsync(importInto(t, core, sample('slack')), {
    message: /1 people have the names of accounts that exist: Lena \(lena@bakery\.example\)/,
  });
  t.is(await core.store.groups.count('group'), groups);
  await importInto(t, core, sample('slack'), { map: { 'lena@bakery.example': 'Lena', omar: 'Bob', U0PRIYA: 'Priya', oven: null } });
  const authors = (await said(core, 'general')).map((line) => line.slice(17).split(':')[0]);
  t.deepEqual(authors, ['Bob', 'Lena', 'Lena', 'Priya', 'U0GONE']);
  const general = await groupAt(core, 'general');
  for (const user of [lena, bob]) t.true((await core.store.memberships.get(general.id, user.id))?.in);

  const other = await openTestCore(t);
  await createAccount(other.core, { name: 'Lena', password: null });
  t.is((await importInto(t, other.core, sample('slack'), { matchNames: true })).people.matched, 1);
});

test('import: a map that names nobody of the source is refused', async (t) => {
  const { core } = await openTestCore(t);
  const refused = importInto(t, core, sample('slack'), { map: { 'lean@bakery.example': 'Lena', omar: 'Bob' } });
  await t.throwsAsync(refused, { message: /nobody who .*: lean@bakery\.example\./ });
});

test('import: two people of one name have names of their own, also when the first run is killed between them', async (t) => {
  const twins = (source: Source): Source => ({
    ...source,
    read: async (into) => {
      for (const id of ['1', '2']) {
        into.person({ id, name: 'Lena', login: `lena${id}` });
        into.message({ id, channel: 'c', at: Number(id), author: id, text: `by ${id}`, format: 'text' });
      }
    },
  });
  const { core } = await openTestCore(t);
  let created = 0;
  const dying: Core = {
    ...core,
    store: {
      ...core.store,
      users: {
        ...core.store.users,
        insert: async (user) => {
          created += 1;
          if (created === 2) throw new Error('killed');
          return core.store.users.insert(user);
        },
      },
    },
  };
  await t.throwsAsync(importInto(t, dying, sample('slack'), { change: twins }), { message: 'killed' });
  await importInto(t, core, sample('slack'), { change: twins });
  t.deepEqual(
    (await said(core, 'c')).map((line) => line.slice(17)),
    ['Lena: by 1', 'Lena (lena2): by 2'],
  );
});

test('import: a store that does not answer for a while delays the import, and nothing is missing or doubled', async (t) => {
  const whole = await openTestCore(t);
  await importInto(t, whole.core, sample('slack'));
  const { core } = await openTestCore(t);
  const { log, memberships } = core.store;
  let [calls, isAway] = [0, false];
  /** The store answers again when an attempt begins. */
  const beginning =
    <Args extends unknown[], T>(read: (...asked: Args) => T) =>
    (...asked: Args): T => {
      isAway = false;
      return read(...asked);
    };
  const halting: Core = {
    ...core,
    store: {
      ...core.store,
      log: { ...log, range: beginning(log.range) },
      memberships: { ...memberships, ofGroup: beginning(memberships.ofGroup) },
    },
    appender: {
      ...core.appender,
      append: (...given) => {
        calls += 1;
        if (calls === 3 || calls === 12 || calls === 20) isAway = true;
        return isAway ? Promise.reject(unavailable()) : core.appender.append(...given);
      },
    },
  };
  await importInto(t, halting, sample('slack'));
  t.true(calls > 20);
  for (const slug of ['general', 'design']) t.deepEqual(await said(core, slug), await said(whole.core, slug));
  t.true(isDense(await wholeLog(core, (await groupAt(core, 'general')).id)));
});

test('import: an open stream of an imported group gets what a later export adds, and nothing becomes unread', async (t) => {
  const { core, ann } = await openLobby(t);
  const map = { 'lena@bakery.example': 'Ann' };
  await importInto(t, core, sample('slack'), { change: onlyOld, map });
  const general = await groupAt(core, 'general');
  const stream = await EventReader.open(ann, '/groups/general/events?as=json');
  t.teardown(() => stream.close());
  t.like(await importInto(t, core, sample('slack'), { map }), { late: 0, messages: 6 });
  const isIt = ({ data }: { readonly data: string }): boolean => data.includes('The price list');
  const events = await stream.until((all) => all.some(isIt));
  t.regex(events.find(isIt)?.data ?? '', /"at":"2024-01-02T09:00:00/);
  const listed = (await ann.json('GET', '/groups')).json<{ slug: string; unread: number }[]>();
  t.is(listed.find(({ slug }) => slug === 'general')?.unread, 0);
  const found = await ann.json('GET', '/search?q=starter');
  t.true(found.text.includes(general.slug), found.text);
});

test('import: a plan lists people, groups and what is not understood, and writes nothing', async (t) => {
  const { core } = await openTestCore(t);
  const before = [await core.store.groups.count('group'), (await core.store.users.list({ limit: 100 })).length];
  const { source, close } = await openSource(sample('slack'), { timeZone: 'UTC' });
  t.teardown(close);
  const plan = await planImport(core, source, await optionsFor(core, {}));
  t.like(plan, { messages: 10, edits: 1, reactions: 3 });
  t.deepEqual(
    plan.people.map(({ person, status, name }) => [person.id, status, name]),
    [
      ['U0GONE', 'new', 'U0GONE'],
      ['U0LENA', 'new', 'Lena'],
      ['U0OMAR', 'new', 'Omar Haddad'],
      ['U0OVEN', 'new', 'Oven'],
      ['U0PRIYA', 'new', 'admin (imported)'],
      ['bot:B0MILL', 'new', 'Mill'],
    ],
  );
  t.deepEqual(plan.leftOut, [{ what: 'system messages (channel_join)', count: 1, example: '<@U0OMAR> has joined the channel' }]);
  t.deepEqual([await core.store.groups.count('group'), (await core.store.users.list({ limit: 100 })).length], before);
});

test('import: direct messages become direct messages of the same people, and can be left out', async (t) => {
  const { core } = await openTestCore(t);
  await importInto(t, core, sample('slack'), { direct: false });
  t.is(await core.store.groups.count('direct'), 0);
  await importInto(t, core, sample('slack'));
  const directs = await core.store.groups.list({ limit: 10, kind: 'direct' });
  t.deepEqual(
    directs.map(({ people }) => people?.length),
    [2, 3].toReversed().sort(),
  );
  for (const group of directs) {
    const members = await core.store.memberships.ofGroup(group.id);
    const { n } = await core.store.log.head(group.id);
    t.deepEqual(
      members.map(({ mark }) => mark),
      members.map(() => n),
    );
  }
});

test('import: only the channels that are asked for, with the people who are in them', async (t) => {
  const { core } = await openTestCore(t);
  const { groups, people } = await importInto(t, core, sample('slack'), { channels: ['design'] });
  t.deepEqual(
    groups.map(({ slug }) => slug),
    ['design'],
  );
  t.is(people.created, 3);
  await t.throwsAsync(importInto(t, core, sample('slack'), { channels: ['kitchen'] }), { message: /no channel kitchen/ });
});
