import type { ExecutionContext, TestFn } from 'ava';
import type { Group } from '../../lib/groups/port.ts';
import { newGroupId, newUid, newUserId, randomId, systemRandom } from '../../lib/ids.ts';
import { EMPTY_HEAD, type Entry, entryAfter, headAfter } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

const NOW = Date.UTC(2026, 0, 2);
const VERSION = 1;

async function aGroup({ groups }: Store, slug: string): Promise<Group> {
  const id = newGroupId(systemRandom);
  const code = { codeMac: `mac-${id}`, codeSealed: 'sealed', codeExpiresAt: null, codeUsesLeft: null };
  const plain = { kind: 'group', people: null, topic: 'Soup', open: true, archived: false, createdAt: NOW } as const;
  const made = await groups.insert({ id, slug, name: 'Kitchen', ...plain, ...code });
  if (typeof made === 'string') throw new Error(`refused: ${made}`);
  return made;
}

/** Five messages, the first mentions `user`; a member, a saved message, a delivery, a token, a change, and terms. */
async function fill(store: Store, { id: group, codeMac }: Group, user = newUserId(systemRandom)) {
  const entries: Entry[] = [];
  for (let index = 0; index < 5; index += 1) {
    const last = entries.at(-1);
    const draft = {
      kind: 'message',
      body: 'leek soup',
      format: 'text',
      author: newUserId(systemRandom),
      uid: newUid(systemRandom),
    } as const;
    const mentions = index === 0 ? { mentions: [user] } : {};
    entries.push(entryAfter({ ...draft, ...mentions }, group, last ? headAfter(last) : EMPTY_HEAD, NOW));
  }
  await store.log.append(group, entries);
  const own = { mark: 0, level: 'mentions', hidden: null, ceding: false } as const;
  await store.memberships.put({ group, user, in: true, role: 'member', rev: 1, by: user, lined: true, at: NOW, ...own });
  await store.saved.put({ user, group, seq: 1, at: NOW });
  await store.follows.begin({ user, group, root: 1, at: NOW });
  const later = { kind: 'message', body: 'later', format: 'text', at: NOW, createdAt: NOW, due: null, claimedUntil: null } as const;
  await store.scheduled.insert({
    ...later,
    id: randomId(systemRandom),
    author: user,
    group,
    tries: 0,
    failure: 'archived',
    mac: null,
    rev: 1,
  });
  const delivery = {
    id: randomId(systemRandom),
    bot: user,
    group,
    seq: 1,
    message: 1,
    reply: null,
    event: 'posted',
    state: 'done',
  } as const;
  await store.deliveries.insert([
    { ...delivery, reason: null, due: NOW, tries: 0, attempts: [], createdAt: NOW, finishedAt: NOW * 3, rev: 1 },
  ]);
  const token = { hash: randomId(systemRandom), kind: 'hook', user, group, prefix: 'abcd', createdAt: NOW, lastUsedAt: null } as const;
  await store.tokens.insert(token);
  const indexed = entries.map(({ seq }) => ({ seq, rev: seq, at: NOW, terms: ['*', 'leek'] }));
  await store.search.put(group, indexed, { upto: 5, version: VERSION });
  return { user, codeMac, delivery: delivery.id, token: token.hash };
}

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  'a marked group is gone for everybody, and its slugs are free': async (t, store, other) => {
    const slug = `gone-${randomId(systemRandom, 8)}`;
    const group = await aGroup(store, slug);
    await store.groups.update(group.id, { slug: `${slug}-2` });
    const before = await store.groups.count('group');
    t.true(await store.removals.mark(group.id, NOW));
    t.false(await other.removals.mark(group.id, NOW + 1), 'it is marked once');
    for (const { groups } of [store, other]) {
      t.is(await groups.byId(group.id), undefined);
      t.is(await groups.bySlug(slug), undefined);
      t.is(await groups.bySlug(`${slug}-2`), undefined);
      t.is(await groups.byNumber(group.number), undefined);
      t.is(await groups.byCodeMac(group.codeMac), undefined);
      t.deepEqual(await groups.byIds([group.id]), []);
      t.deepEqual(
        await groups.list({ limit: 1, afterNumber: group.number - 1 }).then((found) => found.filter(({ id }) => id === group.id)),
        [],
      );
      t.is(await groups.update(group.id, { topic: 'Stew' }), 'missing');
      t.false(await groups.takeUse(group.id, group.codeMac, NOW));
    }
    t.true((await store.groups.count('group')) < before + 1);
    t.true((await other.removals.marked()).some(({ id, at }) => id === group.id && at === NOW));
    const next = await aGroup(other, slug);
    t.is((await store.groups.bySlug(slug))?.id, next.id);
  },

  'purging removes everything of the group in steps, and nothing of others': async (t, store) => {
    const [group, kept] = [await aGroup(store, `a-${randomId(systemRandom, 8)}`), await aGroup(store, `b-${randomId(systemRandom, 8)}`)];
    const [lost, stays] = [await fill(store, group), await fill(store, kept)];
    await store.removals.mark(group.id, NOW);
    let steps = 0;
    while (!(await store.removals.purge(group.id, 2))) steps += 1;
    t.is(steps, 3, 'five messages, two at a time');
    const left = async ({ id }: Group, { user, delivery, token }: typeof lost) => [
      (await store.log.head(id)).seq,
      (await store.log.range(id, 1, 5)).length,
      (await store.memberships.ofGroup(id)).length,
      await store.saved.count(user),
      await store.scheduled.count(user),
      Number((await store.deliveries.byId(delivery)) !== undefined),
      Number((await store.tokens.byHash(token)) !== undefined),
      (await store.log.countMentions(user, [{ group: id, after: 0 }])).get(id) ?? 0,
      (await store.search.positions([id], VERSION)).get(id) ?? 0,
      (await store.search.find({ ...LEEK, slices: [{ group: id, slice: 0 }] })).length,
    ];
    // The head may be a hint in memory; what counts is that there is no entry.
    t.deepEqual((await left(group, lost)).slice(1), [0, 0, 0, 0, 0, 0, 0, 0, 0]);
    t.deepEqual(await left(kept, stays), [5, 5, 1, 1, 1, 1, 1, 1, 5, 5]);
  },

  'a removed group leaves no mark, and its number is not given again': async (t, store, other) => {
    const slug = `last-${randomId(systemRandom, 8)}`;
    const group = await aGroup(store, slug);
    await store.removals.remove(group.id);
    t.truthy(await store.groups.byId(group.id), 'only marked groups are removed');
    await store.removals.mark(group.id, NOW);
    await store.removals.remove(group.id);
    await other.removals.remove(group.id);
    t.false((await store.removals.marked()).some(({ id }) => id === group.id));
    t.true((await aGroup(other, slug)).number > group.number);
  },
};

const LEEK = { all: ['leek'], prefixes: [], any: [], none: [], nonePrefixes: [], limit: 10 };

/** Registers the tests of removing groups, as `storeContract` does. */
export function removalsContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: removals: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: removals: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test.serial(`${name}: removals: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}
