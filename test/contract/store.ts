import type { ExecutionContext, TestFn } from 'ava';
import type { SessionRecord, Token, User } from '../../lib/accounts/port.ts';
import type { Group, GroupChange, Membership } from '../../lib/groups/port.ts';
import { asFileId, type GroupId, newGroupId, newUid, newUserId, randomId, systemRandom, type UserId } from '../../lib/ids.ts';
import {
  type Attached,
  type Draft,
  EMPTY_HEAD,
  type Entry,
  type EntryBody,
  entryAfter,
  type Folded,
  type Head,
  headAfter,
  type Message,
} from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';

/** A store to test, how to close it, and (where several can share the data) another one on the same data. */
export type Opened = { readonly store: Store; close(): Promise<void>; second?: () => Promise<Store> };

/**
 * Registers the tests that every adapter of the store port passes. The store is opened once; each test has its own users, groups and keys, so
 * that it needs no empty store. What reads all rows (`list`, `sweep`, …) uses times that no other test uses.
 */
export function storeContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;

  test.before(`${name}: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: close`, async () => {
    await other?.close();
    await opened?.close();
  });

  const table: Table = (cases) => {
    for (const [title, run] of Object.entries(cases))
      test(`${name}: ${title}`, async (t) => {
        if (!opened) throw new Error('the store did not open');
        await run(t, opened.store, other ?? opened.store);
      });
  };
  // In separate stores: no other test may create administrators there.
  for (const [title, run] of Object.entries(steppingDown))
    test(`${name}: ${title}`, async (t) => {
      const { store, close, second } = await open();
      const another = await second?.();
      await run(t, store, another ?? store).finally(async () => {
        await another?.close();
        await close();
      });
    });
  // Serial: no other test may create a group while the numbers are read.
  test.serial(`${name}: groups: numbers are 1, 2, 3 … without a gap, refused groups included`, async (t) => {
    if (opened) await densityOfNumbers(t, opened.store, other ?? opened.store);
  });

  table(storeItself);
  table(settings);
  table(users);
  table(sessions);
  table(tokens);
  table(groups);
  table(memberships);
  table(appending);
  table(reading);
  table(rewriting);
  table(concurrency);
  table(hostility);
}

/** `other` is a second store on the same data where there is one, else the same store. */
type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;
type Cases = Readonly<Record<string, Case>>;
type Table = (cases: Cases) => void;

// Records to store

const NOW = 1_700_000_000_000;
const word = (): string => randomId(systemRandom);
const aGroupId = (): GroupId => newGroupId(systemRandom);
const aUserId = (): UserId => newUserId(systemRandom);
/** A period that no other test uses, before every other time here. */
const longAgo = (): number => 1_000_000 + Math.floor(Math.random() * 1_000_000) * 1_000;
/** As `longAgo`, after all other times. */
const farAhead = (): number => 4_000_000_000_000 + longAgo();

function aUser(fields: Partial<User> = {}): User {
  const id = aUserId();
  const plain = { color: 3, passwordHash: '$2b$10$hash', admin: false, bot: false, disabled: false, keyVersion: 1, createdAt: NOW };
  return { id, name: `Ann ${id}`, nameKey: `ann ${id}`, ...plain, ...fields };
}

function aGroup(fields: Partial<Group> = {}): Omit<Group, 'number' | 'head'> {
  const id = aGroupId();
  const plain = { kind: 'group', people: null, name: 'Kitchen', topic: '', open: true, archived: false, createdAt: NOW } as const;
  const code = { codeMac: `mac-${id}`, codeSealed: `sealed-${id}`, codeExpiresAt: null, codeUsesLeft: null };
  return { id, slug: `kitchen-${id}`, ...code, ...plain, ...fields };
}

async function inserted(store: Store, fields: Partial<Group> = {}): Promise<Group> {
  const group = await store.groups.insert(aGroup(fields));
  if (typeof group === 'string') throw new Error(`refused: ${group}`);
  return group;
}

const aSession = (fields: Partial<SessionRecord> = {}): SessionRecord => {
  return { hash: word(), userId: aUserId(), data: '{"a":1}', expiresAt: NOW + 1000, ...fields };
};

const aToken = (fields: Partial<Token> = {}): Token => {
  return { hash: word(), kind: 'api', user: aUserId(), group: null, prefix: 'abcd', createdAt: NOW, lastUsedAt: null, ...fields };
};

const aMembership = (fields: Partial<Membership> = {}): Membership => {
  const user = fields.user ?? aUserId();
  const own = { mark: 0, level: 'mentions', hidden: null, ceding: false } as const;
  return { group: aGroupId(), user, in: true, role: 'member', rev: 1, by: user, lined: true, at: NOW, ...own, ...fields };
};

const attachedAs = (name: string): Attached => ({ id: asFileId(word()), name, type: 'text/plain', bytes: 3 });

const says = (body: string, fields: Partial<Draft> = {}): Draft =>
  draft({ kind: 'message', body, format: 'text' }, { uid: newUid(systemRandom), ...fields });

function draft(body: EntryBody, fields: Partial<Draft> = {}): Draft {
  return { author: aUserId(), uid: newUid(systemRandom), ...fields, ...body };
}

/** The entries that the drafts become after `head`. */
function placed(group: GroupId, drafts: readonly Draft[], head: Head = EMPTY_HEAD): Entry[] {
  const entries: Entry[] = [];
  for (const one of drafts) {
    const last = entries.at(-1);
    entries.push(entryAfter(one, group, last ? headAfter(last) : head, NOW));
  }
  return entries;
}

/** Writes the drafts at the end of the group's log. */
async function written<D extends readonly Draft[]>(
  store: Store,
  group: GroupId,
  ...drafts: D
): Promise<{ -readonly [I in keyof D]: Entry }> {
  const entries = placed(group, drafts, await store.log.head(group));
  const appended = await store.log.append(group, entries);
  if (appended.written !== drafts.length) throw new Error(`not appended: ${JSON.stringify(appended)}`);
  return entries as { [I in keyof D]: Entry };
}

const edits = (target: number, body: string): Draft => draft({ kind: 'edit', target, body, format: 'text' });
const erases = (target: number, due: number): Draft => draft({ kind: 'erase', target, undoUntil: due - 1, due });
const reacts = (target: number, emoji = '👍'): Draft => draft({ kind: 'react', target, emoji });
const wasFolded = (upto: number, body = 'folded'): Folded => ({ upto, body, format: 'text', reactions: [] });

const seqsOf = (entries: readonly Entry[]): number[] => entries.map(({ seq }) => seq);
const byId = <T extends { readonly id: string }>(rows: readonly T[]): T[] => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const storeItself: Cases = {
  'the store answers a ping and says what it is': async (t, store) => {
    await store.ping();
    t.true(store.kind === 'sqlite' || store.kind === 'mongo');
  },
};

const settings: Cases = {
  'settings: an unknown key is undefined': async (t, store) => {
    t.is(await store.settings.get(word()), undefined);
  },
  'settings: putIfAbsent writes once, and the value stays': async (t, store) => {
    const key = word();
    t.is(await store.settings.putIfAbsent(key, 'first'), 'first');
    t.is(await store.settings.putIfAbsent(key, 'second'), 'first');
    t.is(await store.settings.get(key), 'first');
  },
  'settings: put replaces the value of that key alone': async (t, store) => {
    const [key, other] = [word(), word()];
    await store.settings.put(key, 'first');
    await store.settings.put(other, 'kept');
    await store.settings.put(key, 'second');
    t.deepEqual([await store.settings.get(key), await store.settings.get(other)], ['second', 'kept']);
  },
  'settings: of several who put at once all get the same value': async (t, store, other) => {
    const key = word();
    const puts = upTo(8).map((value) => (value % 2 ? store : other).settings.putIfAbsent(key, `${value}`));
    const values = new Set(await Promise.all(puts));
    t.is(values.size, 1);
    t.is(await store.settings.get(key), [...values][0]);
  },
};

const users: Cases = {
  'users: an inserted user is found by id and by nameKey, exactly as given': async (t, store) => {
    const person = aUser();
    const bot = aUser({ bot: true, admin: true, disabled: true, passwordHash: null, color: 0, keyVersion: 7 });
    t.true(await store.users.insert(person));
    t.true(await store.users.insert(bot));
    t.deepEqual(await store.users.byId(person.id), person);
    t.deepEqual(await store.users.byNameKey(bot.nameKey), bot);
  },
  'users: nobody is found by what nobody has': async (t, store) => {
    t.is(await store.users.byId(aUserId()), undefined);
    t.is(await store.users.byNameKey(word()), undefined);
  },
  'users: a taken nameKey is refused and nothing written': async (t, store) => {
    const first = aUser();
    const second = aUser({ nameKey: first.nameKey });
    t.true(await store.users.insert(first));
    t.false(await store.users.insert(second));
    t.is(await store.users.byId(second.id), undefined);
    t.deepEqual(await store.users.byNameKey(first.nameKey), first);
  },
  'users: a taken skeleton is refused and nothing written; users without one do not collide': async (t, store) => {
    const first = aUser({ skeleton: word() });
    const second = aUser(first.skeleton === undefined ? {} : { skeleton: first.skeleton });
    t.true(await store.users.insert(first));
    t.false(await store.users.insert(second));
    t.is(await store.users.byId(second.id), undefined);
    t.deepEqual(await store.users.bySkeleton(first.skeleton ?? ''), first);
    t.is(await store.users.bySkeleton(word()), undefined);
    for (const user of [aUser(), aUser()]) {
      t.true(await store.users.insert(user));
      t.deepEqual(await store.users.byId(user.id), user);
    }
  },
  'users: of several inserting one nameKey at once, one succeeds': async (t, store, other) => {
    const nameKey = word();
    const inserts = upTo(6).map((k) => (k % 2 ? store : other).users.insert(aUser({ nameKey })));
    t.is((await Promise.all(inserts)).filter(Boolean).length, 1);
  },
  'users: nameKey is compared exactly, without regard to collation': async (t, store) => {
    const key = word();
    t.true(await store.users.insert(aUser({ nameKey: `${key}e` })));
    t.true(await store.users.insert(aUser({ nameKey: `${key}E` })));
    t.true(await store.users.insert(aUser({ nameKey: `${key}é` })));
  },
  'users: byIds gives those that exist': async (t, store) => {
    const [ann, bob] = [aUser(), aUser()];
    await store.users.insert(ann);
    await store.users.insert(bob);
    t.deepEqual(byId(await store.users.byIds([ann.id, aUserId(), bob.id])), byId([ann, bob]));
    t.deepEqual(await store.users.byIds([]), []);
  },
  'users: update changes what the patch names and nothing else': async (t, store) => {
    const user = aUser();
    await store.users.insert(user);
    t.true(await store.users.update(user.id, { admin: true, color: 9 }));
    t.deepEqual(await store.users.byId(user.id), { ...user, admin: true, color: 9 });
    t.true(await store.users.update(user.id, { passwordHash: null, disabled: true, keyVersion: 2, admin: false }));
    const updated = { ...user, color: 9, passwordHash: null, disabled: true, keyVersion: 2 };
    t.deepEqual(await store.users.byId(user.id), updated);
    t.true(await store.users.update(user.id, {}));
    t.true(await store.users.update(user.id, { disabled: true }), 'a patch that changes nothing still finds its user');
    t.deepEqual(await store.users.byId(user.id), updated);
  },
  'users: optional fields come back as they went in, and null removes them': async (t, store, other) => {
    const full = aUser({
      displayName: 'Ann “$x” Lee',
      status: { emoji: '🌴', text: '', until: NOW },
      avatar: asFileId(word()),
      preferences: { theme: 'dark', timeZone: 'Europe/Paris', quiet: { from: '22:00', to: '07:00' } },
    });
    await store.users.insert(full);
    t.deepEqual(await other.users.byId(full.id), full);
    const { displayName: _, avatar: __, ...rest } = full;
    t.true(await store.users.update(full.id, { displayName: null, avatar: null, status: { emoji: '', text: 'x', until: null } }));
    t.deepEqual(await store.users.byId(full.id), { ...rest, status: { emoji: '', text: 'x', until: null } });
    t.true(await store.users.update(full.id, { status: null, preferences: {} }));
    const { status: ___, ...left } = rest;
    t.deepEqual(await store.users.byId(full.id), { ...left, preferences: {} });
  },
  'users: update of nobody is false': async (t, store) => {
    t.false(await store.users.update(aUserId(), { admin: true }));
    t.false(await store.users.update(aUserId(), {}));
  },
  'users: list goes by createdAt, then id, after a given user': async (t, store) => {
    const start = farAhead();
    const users = [aUser({ createdAt: start }), ...byId([aUser({ createdAt: start + 1 }), aUser({ createdAt: start + 1 })])];
    for (const user of users.toReversed()) await store.users.insert(user);
    const before = aUser({ createdAt: start - 1 });
    t.deepEqual(await store.users.list({ limit: 3, after: before }), users);
    t.deepEqual(await store.users.list({ limit: 1, after: before }), users.slice(0, 1));
    const [, second] = users;
    if (second) t.deepEqual((await store.users.list({ limit: 1, after: second }))[0], users[2]);
    t.is((await store.users.list({ limit: 2 })).length, 2);
  },
  'users: list of bots, or of people, in the same order': async (t, store) => {
    const start = farAhead();
    const users = [0, 1, 2, 3, 4].map((at) => aUser({ createdAt: start + at, bot: at % 2 === 1 }));
    for (const user of users.toReversed()) await store.users.insert(user);
    const [ann, echo, bob, waiter, eve] = users;
    const after = aUser({ createdAt: start - 1 });
    t.deepEqual(await store.users.list({ limit: 2, after, bot: true }), [echo, waiter]);
    t.deepEqual(await store.users.list({ limit: 3, after, bot: false }), [ann, bob, eve]);
    t.deepEqual(await store.users.list({ limit: 1, after, bot: true }), [echo]);
    t.deepEqual((await store.users.list({ limit: 1, after: users[1] ?? after, bot: true }))[0], waiter);
    t.deepEqual((await store.users.list({ limit: 1, after: users[1] ?? after, bot: false }))[0], bob);
    t.true((await store.users.list({ limit: 50, bot: true })).every(({ bot }) => bot));
  },
};

const steppingDown: Cases = {
  'users: the last administrator who is not disabled stays one': async (t, store) => {
    const [ann, bob, off, plain] = [aUser({ admin: true }), aUser({ admin: true }), aUser({ admin: true, disabled: true }), aUser()];
    for (const user of [ann, bob, off, plain]) await store.users.insert(user);
    t.is(await store.users.stepDown(aUserId(), { admin: false }), 'missing');
    t.is(await store.users.stepDown(off.id, { admin: false }), 'done', 'who is disabled counts for nothing');
    t.is(await store.users.stepDown(plain.id, { disabled: true }), 'done');
    t.is(await store.users.stepDown(ann.id, { admin: false }), 'done');
    t.deepEqual(await store.users.byId(ann.id), { ...ann, admin: false });
    t.is(await store.users.stepDown(bob.id, { admin: false }), 'last');
    t.is(await store.users.stepDown(bob.id, { disabled: true }), 'last');
    t.deepEqual(await store.users.byId(bob.id), bob);
    await store.users.update(ann.id, { admin: true });
    t.is(await store.users.stepDown(bob.id, { disabled: true }), 'done');
    t.is(await store.users.stepDown(ann.id, { disabled: true }), 'last');
  },
  'users: of administrators who all step down at once, one at least stays': async (t, store, other) => {
    const everybody = upTo(4).map(() => aUser({ admin: true }));
    for (const user of everybody) await store.users.insert(user);
    for (const round of upTo(10)) {
      const patch = round % 2 ? ({ admin: false } as const) : ({ disabled: true } as const);
      const answers = await Promise.all(everybody.map(({ id }, k) => (k % 2 ? store : other).users.stepDown(id, patch)));
      const now = await store.users.byIds(everybody.map(({ id }) => id));
      const left = now.filter(({ admin, disabled }) => admin && !disabled);
      t.true(left.length > 0, `round ${round}: ${answers}`);
      t.is(left.length, answers.filter((answer) => answer === 'last').length);
      for (const { id } of everybody) await store.users.update(id, { admin: true, disabled: false });
    }
  },
  'users: one who is told to step down by several at once does it once': async (t, store, other) => {
    const [ann, bob] = [aUser({ admin: true }), aUser({ admin: true })];
    for (const user of [ann, bob]) await store.users.insert(user);
    const answers = await Promise.all(upTo(6).map((k) => (k % 2 ? store : other).users.stepDown(ann.id, { admin: false })));
    t.deepEqual([...new Set(answers)], ['done']);
    t.false((await store.users.byId(ann.id))?.admin);
    t.is(await store.users.stepDown(bob.id, { admin: false }), 'last');
  },
};

const sessions: Cases = {
  'sessions: set and get, with and without a user': async (t, store) => {
    for (const session of [aSession(), aSession({ userId: null })]) {
      await store.sessions.set(session);
      t.deepEqual(await store.sessions.get(session.hash, NOW), session);
    }
    t.is(await store.sessions.get(word(), NOW), undefined);
  },
  'sessions: set replaces the whole record': async (t, store) => {
    const session = aSession();
    await store.sessions.set(session);
    const renewed = { ...session, userId: aUserId(), data: '{}', expiresAt: NOW + 9000 };
    await store.sessions.set(renewed);
    t.deepEqual(await store.sessions.get(session.hash, NOW), renewed);
  },
  'sessions: one past its expiry is undefined, until then it is there': async (t, store) => {
    const session = aSession();
    await store.sessions.set(session);
    t.deepEqual(await store.sessions.get(session.hash, session.expiresAt), session);
    t.is(await store.sessions.get(session.hash, session.expiresAt + 1), undefined);
  },
  'sessions: destroy ends one; an unknown one is no error': async (t, store) => {
    const [ended, kept] = [aSession(), aSession()];
    await store.sessions.set(ended);
    await store.sessions.set(kept);
    await store.sessions.destroy(ended.hash);
    await store.sessions.destroy(word());
    t.is(await store.sessions.get(ended.hash, NOW), undefined);
    t.deepEqual(await store.sessions.get(kept.hash, NOW), kept);
  },
  'sessions: destroyOf ends all of one user but the one named': async (t, store) => {
    const userId = aUserId();
    const [here, there, elsewhere, another] = [aSession({ userId }), aSession({ userId }), aSession({ userId }), aSession()];
    for (const session of [here, there, elsewhere, another]) await store.sessions.set(session);
    t.deepEqual((await store.sessions.destroyOf(userId, here.hash)).toSorted(), [there.hash, elsewhere.hash].toSorted());
    t.is(await store.sessions.get(there.hash, NOW), undefined);
    t.deepEqual(await store.sessions.get(here.hash, NOW), here);
    t.deepEqual(await store.sessions.destroyOf(userId), [here.hash]);
    t.deepEqual(await store.sessions.destroyOf(userId), []);
    t.deepEqual(await store.sessions.get(another.hash, NOW), another);
  },
  'sessions: listOf gives those of one user that have not expired': async (t, store, other) => {
    const userId = aUserId();
    const [here, there, past, another] = [aSession({ userId }), aSession({ userId }), aSession({ userId, expiresAt: NOW - 1 }), aSession()];
    for (const session of [here, there, past, another]) await store.sessions.set(session);
    const byHash = (some: SessionRecord[]): SessionRecord[] => some.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
    t.deepEqual(byHash(await other.sessions.listOf(userId, NOW)), byHash([here, there]));
    t.deepEqual(await store.sessions.listOf(aUserId(), NOW), []);
  },
  'sessions: sweep removes what expired before now and leaves the rest': async (t, store) => {
    const time = longAgo();
    const [past, present] = [aSession({ expiresAt: time - 1 }), aSession({ expiresAt: time })];
    await store.sessions.set(past);
    await store.sessions.set(present);
    await store.sessions.sweep(time);
    t.is(await store.sessions.get(past.hash, 0), undefined);
    t.deepEqual(await store.sessions.get(present.hash, 0), present);
  },
};

const tokens: Cases = {
  'tokens: found by hash, exactly as given': async (t, store) => {
    for (const token of [aToken(), aToken({ kind: 'hook', group: aGroupId(), lastUsedAt: NOW }), aToken({ name: 'laptop “1”' })]) {
      await store.tokens.insert(token);
      t.deepEqual(await store.tokens.byHash(token.hash), token);
    }
    t.is(await store.tokens.byHash(word()), undefined);
  },
  'tokens: listOf gives those of one user by createdAt': async (t, store) => {
    const user = aUserId();
    const [late, early] = [aToken({ user, createdAt: NOW + 1 }), aToken({ user, createdAt: NOW })];
    for (const token of [late, early, aToken()]) await store.tokens.insert(token);
    t.deepEqual(await store.tokens.listOf(user), [early, late]);
    t.deepEqual(await store.tokens.listOf(aUserId()), []);
  },
  'tokens: touch notes the last use': async (t, store) => {
    const token = aToken();
    await store.tokens.insert(token);
    await store.tokens.touch(token.hash, NOW + 5);
    t.deepEqual(await store.tokens.byHash(token.hash), { ...token, lastUsedAt: NOW + 5 });
    await store.tokens.touch(word(), NOW);
  },
  'tokens: one that ends is found until it is removed, and listed once its time is over': async (t, store) => {
    const [ends, stays] = [aToken(), aToken()];
    for (const token of [ends, stays]) await store.tokens.insert(token);
    t.true(await store.tokens.expire(ends.hash, NOW + 10));
    t.false(await store.tokens.expire(word(), NOW));
    t.deepEqual(await store.tokens.byHash(ends.hash), { ...ends, expiresAt: NOW + 10 });
    const ended = async (at: number) =>
      (await store.tokens.expired(at, 100)).filter(({ hash }) => hash === ends.hash || hash === stays.hash);
    t.deepEqual(await ended(NOW + 9), []);
    t.deepEqual(await ended(NOW + 10), [{ ...ends, expiresAt: NOW + 10 }]);
    await store.tokens.remove(ends.hash);
    t.deepEqual(await ended(NOW + 10), []);
    const born = { ...aToken(), expiresAt: NOW + 20 };
    await store.tokens.insert(born);
    t.deepEqual(await store.tokens.byHash(born.hash), born);
  },
  'tokens: secrets are kept, replaced and removed': async (t, store) => {
    const token = aToken({ kind: 'hook', group: aGroupId(), secrets: 'sealed one' });
    await store.tokens.insert(token);
    t.deepEqual(await store.tokens.byHash(token.hash), token);
    t.true(await store.tokens.setSecrets(token.hash, 'sealed two'));
    t.deepEqual(await store.tokens.listOf(token.user), [{ ...token, secrets: 'sealed two' }]);
    t.true(await store.tokens.setSecrets(token.hash, undefined));
    const { secrets: _, ...bare } = token;
    t.deepEqual(await store.tokens.byHash(token.hash), bare);
    t.false(await store.tokens.setSecrets(word(), 'x'));
  },
  'tokens: remove says whether it existed': async (t, store) => {
    const token = aToken();
    await store.tokens.insert(token);
    t.true(await store.tokens.remove(token.hash));
    t.false(await store.tokens.remove(token.hash));
    t.is(await store.tokens.byHash(token.hash), undefined);
    t.deepEqual(await store.tokens.listOf(token.user), []);
  },
};

async function densityOfNumbers(t: ExecutionContext, store: Store, other: Store): Promise<void> {
  const inserts = upTo(6).map((k) => inserted(k % 2 ? store : other));
  const [first] = await Promise.all(inserts);
  if (!first) return t.fail();
  t.is(await store.groups.insert(aGroup({ slug: first.slug })), 'slug');
  t.is(await store.groups.insert(aGroup({ codeMac: first.codeMac })), 'code');
  const last = await inserted(store);
  const numbers = (await store.groups.list({ limit: 1000 })).map(({ number }) => number);
  t.deepEqual(numbers, upTo(numbers.length));
  t.is(numbers.length, last.number);
}

const groups: Cases = {
  'groups: an inserted group is found by each of its names': async (t, store) => {
    const given = aGroup({ open: false, archived: true, topic: 'soup' });
    const group = await store.groups.insert(given);
    if (typeof group === 'string') return t.fail(group);
    t.deepEqual(group, { ...given, number: group.number, head: EMPTY_HEAD });
    t.deepEqual(await store.groups.byId(group.id), group);
    t.deepEqual(await store.groups.bySlug(group.slug), group);
    t.deepEqual(await store.groups.byNumber(group.number), group);
    t.deepEqual(await store.groups.byCodeMac(group.codeMac), group);
  },
  'groups: none is found by what none has': async (t, store) => {
    t.is(await store.groups.byId(aGroupId()), undefined);
    t.is(await store.groups.bySlug(word()), undefined);
    t.is(await store.groups.byNumber(999_999_999), undefined);
    t.is(await store.groups.byCodeMac(word()), undefined);
  },
  'groups: many looked for at once are each found, or not': async (t, store) => {
    const [one, two] = [await inserted(store), await inserted(store)];
    const slugs = [one.slug, word(), two.slug, one.slug, ...Array.from({ length: 70 }, word)];
    const ids = [two.id, aGroupId(), one.id];
    const [bySlug, byId] = await Promise.all([
      Promise.all(slugs.map((slug) => store.groups.bySlug(slug))),
      Promise.all(ids.map((id) => store.groups.byId(id))),
    ]);
    t.deepEqual(bySlug, [one, undefined, two, one, ...Array.from({ length: 70 }, () => undefined)]);
    t.deepEqual(byId, [two, undefined, one]);
  },
  'groups: a taken slug or code is refused and nothing written': async (t, store) => {
    const first = await inserted(store);
    const [sameSlug, sameCode] = [aGroup({ slug: first.slug }), aGroup({ codeMac: first.codeMac })];
    t.is(await store.groups.insert(sameSlug), 'slug');
    t.is(await store.groups.insert(sameCode), 'code');
    t.deepEqual(await store.groups.byIds([sameSlug.id, sameCode.id]), []);
    t.is(await store.groups.byCodeMac(sameSlug.codeMac), undefined);
    t.is(await store.groups.bySlug(sameCode.slug), undefined);
    t.not(typeof (await store.groups.insert(aGroup({ slug: sameCode.slug }))), 'string', 'a refused group reserves no slug');
  },
  'groups: of several with one slug inserted at once, one is': async (t, store, other) => {
    const slug = word();
    const inserts = upTo(6).map((k) => (k % 2 ? store : other).groups.insert(aGroup({ slug })));
    const answers = await Promise.all(inserts);
    t.is(answers.filter((answer) => answer === 'slug').length, 5);
    const made = answers.find((answer) => typeof answer !== 'string');
    t.deepEqual(await store.groups.bySlug(slug), made);
  },
  'groups: byIds gives those that exist': async (t, store) => {
    const [one, two] = [await inserted(store), await inserted(store)];
    t.deepEqual(byId(await store.groups.byIds([two.id, aGroupId(), one.id])), byId([one, two]));
    t.deepEqual(await store.groups.byIds([]), []);
  },
  'groups: list goes by number, after a given one, open ones if so asked': async (t, store) => {
    const made = [await inserted(store), await inserted(store, { open: false }), await inserted(store)];
    const numbers = made.map(({ number }) => number);
    t.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    const ids = new Set(made.map(({ id }) => id));
    const afterNumber = (numbers[0] ?? 1) - 1;
    const mine = async (open?: boolean) => {
      const all = await store.groups.list({ limit: 1000, afterNumber, ...(open === undefined ? {} : { open }) });
      return all.filter(({ id }) => ids.has(id));
    };
    t.deepEqual(await mine(), made);
    t.deepEqual(
      await mine(true),
      made.filter(({ open }) => open),
    );
    t.deepEqual(
      await mine(false),
      made.filter(({ open }) => !open),
    );
    t.deepEqual(
      (await store.groups.list({ limit: 1, afterNumber })).map(({ number }) => number),
      [afterNumber + 1],
    );
  },
  'groups: update changes what the patch names and nothing else': async (t, store) => {
    const group = await inserted(store);
    t.is(await store.groups.update(group.id, { name: 'Cellar', topic: 'wine', open: false, archived: true }), 'done');
    const updated = { ...group, name: 'Cellar', topic: 'wine', open: false, archived: true };
    t.deepEqual(await store.groups.byId(group.id), updated);
    const code = { codeMac: word(), codeSealed: 'new' };
    t.is(await store.groups.update(group.id, code), 'done');
    t.is(await store.groups.update(group.id, code), 'done', 'its own code is no conflict');
    t.is(await store.groups.update(group.id, {}), 'done');
    t.deepEqual(await store.groups.byCodeMac(code.codeMac), { ...updated, ...code });
    t.is(await store.groups.byCodeMac(group.codeMac), undefined);
  },
  'groups: retention and legal hold are absent until they are set, and again when they are unset': async (t, store) => {
    const group = await inserted(store);
    t.false('retentionDays' in group || 'held' in group);
    t.is(await store.groups.update(group.id, { retentionDays: 0, held: true }), 'done');
    t.like(await store.groups.byId(group.id), { retentionDays: 0, held: true });
    t.true((await store.groups.held()).includes(group.id));
    t.is(await store.groups.update(group.id, { retentionDays: 30 }), 'done');
    t.like(await store.groups.bySlug(group.slug), { retentionDays: 30, held: true });
    t.is(await store.groups.update(group.id, { retentionDays: null, held: false }), 'done');
    t.deepEqual(await store.groups.byId(group.id), group);
    t.false((await store.groups.held()).includes(group.id));
  },
  'groups: update of none is missing': async (t, store) => {
    t.is(await store.groups.update(aGroupId(), { name: 'x' }), 'missing');
    t.is(await store.groups.update(aGroupId(), { slug: word() }), 'missing');
  },
  'groups: an update to a taken slug or code is refused whole': async (t, store) => {
    const [one, two] = [await inserted(store), await inserted(store)];
    t.is(await store.groups.update(two.id, { name: 'x', slug: one.slug }), 'slug');
    t.is(await store.groups.update(two.id, { name: 'x', codeMac: one.codeMac }), 'code');
    t.deepEqual(await store.groups.byId(two.id), two);
  },
  'groups: a replaced slug still leads to its group and is free for no other': async (t, store) => {
    const [one, two] = [await inserted(store), await inserted(store)];
    const slug = word();
    t.is(await store.groups.update(one.id, { slug }), 'done');
    t.deepEqual(await store.groups.bySlug(slug), { ...one, slug });
    t.deepEqual(await store.groups.bySlug(one.slug), { ...one, slug });
    t.is(await store.groups.insert(aGroup({ slug: one.slug })), 'slug');
    t.is(await store.groups.update(two.id, { slug: one.slug }), 'slug');
    t.is(await store.groups.update(one.id, { slug: one.slug }), 'done', 'the group itself may have it back');
    t.deepEqual(await store.groups.bySlug(slug), one);
    t.is(await store.groups.insert(aGroup({ slug })), 'slug');
  },
  'groups: of either kind, with people in order, listed and counted by kind': async (t, store) => {
    const people = [aUserId(), aUserId()].sort();
    const before = await store.groups.count('direct');
    const [plain, direct] = [await inserted(store), await inserted(store, { kind: 'direct', people })];
    t.deepEqual([direct.kind, direct.people], ['direct', people]);
    t.deepEqual(await store.groups.bySlug(direct.slug), direct);
    t.deepEqual((await store.groups.byId(plain.id))?.people, null);
    const afterNumber = plain.number - 1;
    const listed = async (kind: Group['kind']) => (await store.groups.list({ limit: 1000, afterNumber, kind })).map(({ id }) => id);
    t.deepEqual([(await listed('group')).includes(plain.id), (await listed('group')).includes(direct.id)], [true, false]);
    t.deepEqual([(await listed('direct')).includes(plain.id), (await listed('direct')).includes(direct.id)], [false, true]);
    t.true((await store.groups.count('direct')) > before);
    t.true((await store.groups.count('group')) > 0);
  },
  'groups: a change is kept with what it changed until its line is announced, and with nothing that was refused': async (
    t,
    store,
    other,
  ) => {
    const [group, taken] = [await inserted(store), await inserted(store)];
    const at = farAhead();
    const change = (uid: string, ms = at): GroupChange => {
      const key = `s:topic:${uid}`;
      return { line: { kind: 'topic', topic: uid, author: newUserId(systemRandom), uid, key }, at: ms };
    };
    const [one, two, late] = [change(newUid(systemRandom)), change(newUid(systemRandom), at + 1), change(newUid(systemRandom), at + 9)];
    for (const each of [one, two, late]) t.is(await store.groups.update(group.id, { topic: each.line.uid }, each), 'done');
    t.is(await store.groups.update(group.id, { slug: taken.slug }, change(newUid(systemRandom))), 'slug');
    t.is(await store.groups.update(newGroupId(systemRandom), { topic: 'x' }, change(newUid(systemRandom))), 'missing');
    const kept = async (before: number) =>
      (await other.groups.listUnannounced(before, 1000)).flatMap((each) => (each.group === group.id ? each.change : []));
    t.deepEqual(
      (await kept(at + 5)).toSorted((a, b) => a.at - b.at),
      [one, two],
    );
    t.deepEqual(await kept(at), []);
    t.is((await store.groups.listUnannounced(at + 5, 1)).length, 1);
    t.like(await store.groups.byId(group.id), { topic: late.line.uid, name: group.name });
    t.false('changes' in ((await store.groups.byId(group.id)) ?? {}));
    for (let time = 0; time < 2; time += 1) await store.groups.markAnnounced(group.id, one.line.uid);
    t.deepEqual(
      (await kept(at + 99)).toSorted((a, b) => a.at - b.at),
      [two, late],
    );
  },
  'groups: a use is taken of a code that is the present one, holds, and has uses': async (t, store) => {
    const { id, codeMac } = await inserted(store, { codeUsesLeft: 2, codeExpiresAt: NOW });
    const left = async () => (await store.groups.byId(id))?.codeUsesLeft;
    t.false(await store.groups.takeUse(id, codeMac, NOW), 'expired');
    t.false(await store.groups.takeUse(id, word(), NOW - 1), 'another code');
    t.false(await store.groups.takeUse(aGroupId(), codeMac, NOW - 1), 'another group');
    t.is(await left(), 2);
    t.true(await store.groups.takeUse(id, codeMac, NOW - 1));
    t.true(await store.groups.takeUse(id, codeMac, NOW - 1));
    t.false(await store.groups.takeUse(id, codeMac, NOW - 1), 'used up');
    t.is(await left(), 0);
    await store.groups.returnUse(id, word());
    t.is(await left(), 0, 'of another code none is given back');
    await store.groups.returnUse(id, codeMac);
    t.is(await left(), 1);
    t.is(await store.groups.update(id, { codeUsesLeft: null, codeExpiresAt: null }), 'done');
    for (const _ of upTo(3)) t.true(await store.groups.takeUse(id, codeMac, NOW * 2), 'without limits');
    await store.groups.returnUse(id, codeMac);
    t.is(await left(), null);
  },
  'groups: of many who take a use at once, as many get one as there were': async (t, store, other) => {
    const { id, codeMac } = await inserted(store, { codeUsesLeft: 10 });
    const taken = await Promise.all(upTo(20).map((k) => (k % 2 ? store : other).groups.takeUse(id, codeMac, NOW)));
    t.is(taken.filter(Boolean).length, 10);
    t.is((await store.groups.byId(id))?.codeUsesLeft, 0);
  },
  'groups: the head hint follows the log and never leads it': async (t, store) => {
    const group = await inserted(store);
    t.deepEqual(group.head, EMPTY_HEAD);
    await written(store, group.id, says('one'), reacts(1), says('two'));
    const hint = (await store.groups.byId(group.id))?.head;
    t.true(hint !== undefined && hint.seq <= 3 && hint.n <= 2 && hint.at <= NOW);
  },
};

const memberships: Cases = {
  'memberships: put and get, exactly as given': async (t, store) => {
    const membership = aMembership({ by: aUserId(), role: 'moderator', lined: false, mark: 4, at: NOW + 1 });
    t.is(await store.memberships.get(membership.group, membership.user), undefined);
    t.true(await store.memberships.put(membership));
    t.deepEqual(await store.memberships.get(membership.group, membership.user), membership);
    t.is(await store.memberships.get(membership.group, aUserId()), undefined);
    t.is(await store.memberships.get(aGroupId(), membership.user), undefined);
    await store.memberships.markAnnounced(membership.group, membership.user, 1, 7);
  },
  'memberships: many looked for at once are each found, or not': async (t, store) => {
    const [one, two] = [aMembership(), aMembership()];
    for (const membership of [one, two]) await store.memberships.put(membership);
    const asked = [two, aMembership(), one, { ...one, user: two.user }, two];
    const found = await Promise.all(asked.map(({ group, user }) => store.memberships.get(group, user)));
    t.deepEqual(found, [two, undefined, one, undefined, two]);
    for (const { group, user } of [one, two]) await store.memberships.markAnnounced(group, user, 1, 1);
  },
  'memberships: put writes only what follows the stored rev': async (t, store) => {
    const first = aMembership();
    t.false(await store.memberships.put({ ...first, rev: 2 }), 'nothing is stored, so only rev 1 may come');
    t.true(await store.memberships.put(first));
    t.false(await store.memberships.put({ ...first, role: 'moderator' }), 'rev 1 is stored');
    t.false(await store.memberships.put({ ...first, rev: 3, role: 'moderator' }));
    t.deepEqual(await store.memberships.get(first.group, first.user), first);
    const second: Membership = { ...first, rev: 2, in: false, by: aUserId(), at: NOW + 7 };
    t.true(await store.memberships.put(second));
    t.false(await store.memberships.put(second), 'once');
    t.deepEqual(await store.memberships.get(first.group, first.user), second);
  },
  'memberships: of several who put the same rev at once, one succeeds': async (t, store, other) => {
    const first = aMembership();
    for (const rev of [1, 2]) {
      const puts = upTo(5).map((k) => (k % 2 ? store : other).memberships.put({ ...first, rev }));
      t.is((await Promise.all(puts)).filter(Boolean).length, 1);
    }
  },
  'memberships: put keeps the mark that is stored': async (t, store) => {
    const first = aMembership();
    await store.memberships.put(first);
    await store.memberships.advanceMark(first.group, first.user, 12);
    t.true(await store.memberships.put({ ...first, rev: 2, mark: 0 }));
    t.true(await store.memberships.put({ ...first, rev: 3, mark: 99 }));
    t.is((await store.memberships.get(first.group, first.user))?.mark, 12);
  },
  'memberships: what a member chose is kept by put, and changed by prefer alone': async (t, store) => {
    const first = aMembership({ level: 'everything', hidden: 3 });
    t.false(await store.memberships.setPreferences(first.group, first.user, { level: 'nothing' }), 'there is no record');
    await store.memberships.put(first);
    t.true(await store.memberships.put({ ...first, rev: 2, level: 'mentions', hidden: null }));
    const now = () => store.memberships.get(first.group, first.user);
    t.deepEqual(await now(), { ...first, rev: 2 });
    t.true(await store.memberships.setPreferences(first.group, first.user, { level: 'nothing' }));
    t.deepEqual(await now(), { ...first, rev: 2, level: 'nothing' });
    t.true(await store.memberships.setPreferences(first.group, first.user, { hidden: null }));
    t.true(await store.memberships.setPreferences(first.group, first.user, {}));
    t.true(await store.memberships.setPreferences(first.group, first.user, { favourite: true }));
    t.true((await now())?.favourite);
    t.true(await store.memberships.setPreferences(first.group, first.user, { favourite: false }));
    t.is((await now())?.favourite, undefined);
    t.deepEqual(await now(), { ...first, rev: 2, level: 'nothing', hidden: null });
    t.true(await store.memberships.put({ ...first, rev: 3, role: 'moderator', ceding: true, lined: false }));
    t.like(await now(), { ceding: true, level: 'nothing' });
    t.true(await store.memberships.put({ ...first, rev: 4, ceding: false }));
    t.is((await now())?.ceding, false);
  },
  'memberships: mark moves only forward, and only where there is a record': async (t, store) => {
    const first = aMembership();
    await store.memberships.put(first);
    for (const [n, mark, isMoved] of [
      [5, 5, true],
      [3, 5, false],
      [5, 5, false],
      [6, 6, true],
    ] as const) {
      t.is(await store.memberships.advanceMark(first.group, first.user, n), isMoved);
      t.deepEqual(await store.memberships.get(first.group, first.user), { ...first, mark });
    }
    const nobody = aUserId();
    t.false(await store.memberships.advanceMark(first.group, nobody, 1));
    t.is(await store.memberships.get(first.group, nobody), undefined);
  },
  'memberships: unmark moves only back, and only where there is a record': async (t, store) => {
    const first = aMembership();
    await store.memberships.put(first);
    await store.memberships.advanceMark(first.group, first.user, 9);
    for (const [n, mark, isMoved] of [
      [4, 4, true],
      [6, 4, false],
      [4, 4, false],
      [0, 0, true],
    ] as const) {
      t.is(await store.memberships.rewindMark(first.group, first.user, n), isMoved);
      t.deepEqual(await store.memberships.get(first.group, first.user), { ...first, mark });
    }
    t.true(await store.memberships.advanceMark(first.group, first.user, 2), 'and from there forward again');
    const nobody = aUserId();
    t.false(await store.memberships.rewindMark(first.group, nobody, 0));
    t.is(await store.memberships.get(first.group, nobody), undefined);
  },
  'memberships: seen moves only forward, stays through changes, and only where there is a record': async (t, store, other) => {
    const first = aMembership();
    await store.memberships.put(first);
    for (const at of [NOW + 5, NOW + 9, NOW + 7]) await store.memberships.setLastSeen(first.group, first.user, at);
    t.deepEqual(await other.memberships.get(first.group, first.user), { ...first, seen: NOW + 9 });
    t.true(await store.memberships.put({ ...first, rev: 2, role: 'moderator' }));
    t.true(await store.memberships.put({ ...first, rev: 3, seen: 1 }));
    t.is((await store.memberships.ofGroup(first.group))[0]?.seen, NOW + 9);
    const nobody = aUserId();
    await store.memberships.setLastSeen(first.group, nobody, NOW);
    t.is(await store.memberships.get(first.group, nobody), undefined);
  },
  'memberships: marks set at once end at the highest': async (t, store, other) => {
    const first = aMembership();
    await store.memberships.put(first);
    await Promise.all([3, 9, 1, 7, 5].map((n, k) => (k % 2 ? store : other).memberships.advanceMark(first.group, first.user, n)));
    t.is((await store.memberships.get(first.group, first.user))?.mark, 9);
  },
  'memberships: lined is set only while the rev is the stored one': async (t, store) => {
    const first = aMembership({ lined: false });
    await store.memberships.put(first);
    await store.memberships.markAnnounced(first.group, first.user, 2, 9);
    t.is((await store.memberships.get(first.group, first.user))?.lined, false);
    await store.memberships.markAnnounced(first.group, first.user, 1, 7);
    t.deepEqual(await store.memberships.get(first.group, first.user), { ...first, lined: true, line: 7 });
    await store.memberships.put({ ...first, rev: 2, lined: false });
    t.is((await store.memberships.get(first.group, first.user))?.line, 7, 'until there is another');
    await store.memberships.markAnnounced(first.group, first.user, 1, 7);
    t.is((await store.memberships.get(first.group, first.user))?.lined, false);
    await store.memberships.markAnnounced(first.group, first.user, 2, 9);
  },
  'memberships: unlined gives changes without their line made before a time': async (t, store) => {
    const at = longAgo();
    const group = aGroupId();
    const [old, present, lined] = [
      aMembership({ group, at, lined: false }),
      aMembership({ group, at: at + 1, lined: false }),
      aMembership({ group, at }),
    ];
    for (const membership of [old, present, lined]) await store.memberships.put(membership);
    const mine = async (before: number) => (await store.memberships.listUnannounced(before, 100)).filter((one) => one.group === group);
    t.deepEqual(await mine(at + 1), [old]);
    t.deepEqual(
      (await mine(at + 2)).toSorted((a, b) => a.at - b.at),
      [old, present],
    );
    t.is((await store.memberships.listUnannounced(at + 2, 1)).length, 1);
    await store.memberships.markAnnounced(group, old.user, 1, 7);
    t.deepEqual(await mine(at + 2), [present]);
    await store.memberships.markAnnounced(group, present.user, 1, 7);
  },
  'memberships: ofGroup gives those who are in, by when they came': async (t, store) => {
    const group = aGroupId();
    const [ann, bob, eve] = [aMembership({ group, at: NOW + 2 }), aMembership({ group, at: NOW + 1 }), aMembership({ group, at: NOW + 3 })];
    for (const membership of [ann, bob, eve, aMembership()]) await store.memberships.put(membership);
    t.deepEqual(await store.memberships.ofGroup(group), [bob, ann, eve]);
    await store.memberships.put({ ...ann, rev: 2, in: false, at: NOW + 4 });
    t.deepEqual(await store.memberships.ofGroup(group), [bob, eve]);
    const moderator: Membership = { ...bob, rev: 2, role: 'moderator', at: NOW + 5 };
    await store.memberships.put(moderator);
    t.deepEqual(await store.memberships.ofGroup(group), [moderator, eve], 'a new role is not a new coming');
    const back: Membership = { ...ann, rev: 3, at: NOW + 6 };
    await store.memberships.put(back);
    t.deepEqual(await store.memberships.ofGroup(group), [moderator, eve, back]);
    t.deepEqual(await store.memberships.ofGroup(aGroupId()), []);
  },
  'memberships: someOf gives the ids of those who are in, as many as asked for at most': async (t, store, other) => {
    const group = aGroupId();
    const all = upTo(5).map(() => aMembership({ group }));
    for (const membership of [...all, aMembership()]) await store.memberships.put(membership);
    const [gone, ...stay] = all;
    if (!gone) return t.fail();
    await store.memberships.put({ ...gone, rev: 2, in: false });
    const ids = stay.map(({ user }) => user).toSorted();
    for (const limit of [4, 5, 100]) t.deepEqual((await other.memberships.someOf(group, limit)).toSorted(), ids);
    const some = await store.memberships.someOf(group, 2);
    t.is(new Set(some).size, 2);
    t.true(some.every((user) => ids.includes(user)));
    t.deepEqual(await store.memberships.someOf(aGroupId(), 2), []);
  },
  'memberships: ofUser gives the groups a user is in': async (t, store) => {
    const user = aUserId();
    const [one, two] = [aMembership({ user }), aMembership({ user })];
    for (const membership of [one, two, aMembership()]) await store.memberships.put(membership);
    const groupsOf = async () => (await store.memberships.ofUser(user)).map(({ group }) => group).toSorted();
    t.deepEqual(await groupsOf(), [one.group, two.group].toSorted());
    await store.memberships.put({ ...one, rev: 2, in: false });
    t.deepEqual(await store.memberships.ofUser(user), [two]);
  },
};

const everyKind: readonly EntryBody[] = [
  { kind: 'message', body: 'plain', format: 'text' },
  {
    kind: 'message',
    body: '*bold*',
    format: 'markdown',
    as: 'CI',
    attachments: [attachedAs('a1'), { ...attachedAs('b2'), width: 3, height: 4, thumb: true }],
  },
  { kind: 'message', body: '', format: 'model', attachments: [] },
  { kind: 'message', body: '', format: 'text', scrubbed: true },
  { kind: 'message', body: 'x', format: 'text', folded: { upto: 9, body: 'y', format: 'markdown', reactions: [] } },
  { kind: 'message', body: 'Deploy?', format: 'text', actions: [{ id: 'ok', label: 'Approve', uses: 'once', show: 'names' }] },
  { kind: 'edit', target: 1, body: 'edited', format: 'markdown' },
  { kind: 'edit', target: 1, body: 'edited', format: 'text', actions: [] },
  { kind: 'edit', target: 1, body: '', format: 'text', scrubbed: true },
  { kind: 'erase', target: 1, undoUntil: NOW },
  { kind: 'erase', target: 2, undoUntil: NOW, due: NOW + 10_000 },
  { kind: 'unerase', target: 1 },
  { kind: 'react', target: 1, emoji: '👩‍🚒' },
  { kind: 'unreact', target: 1, emoji: '👩‍🚒' },
  { kind: 'pin', target: 1, stands: true },
  { kind: 'pin', target: 2 },
  { kind: 'unpin', target: 1 },
  { kind: 'act', target: 1, action: 'ok', label: 'Approve', value: '7', values: { why: 'late, “very”' }, bot: aUserId(), hidden: true },
  {
    kind: 'act',
    target: 1,
    action: 'ok',
    label: 'x',
    bot: aUserId(),
    original: { action: 'a:b', fields: { why: 'w.y' } },
    integrated: true,
  },
  { kind: 'act', target: 1, action: 'ok', label: '', bot: aUserId(), scrubbed: true },
  { kind: 'ack', target: 1, action: 'ok', act: 3 },
  { kind: 'join', member: aUserId() },
  { kind: 'leave', member: aUserId() },
  { kind: 'rename', name: 'Cellar', slug: 'cellar' },
  { kind: 'topic', topic: '' },
  { kind: 'archive', on: true },
  { kind: 'archive', on: false },
  { kind: 'revoke', member: aUserId(), scope: 'account' },
  { kind: 'revoke', member: aUserId(), scope: 'session', ref: 'a hash' },
  { kind: 'report', of: aGroupId(), seqOf: 7, reason: '“spam” {$x}' },
  { kind: 'closeReport', closes: 1, outcome: 'erased' },
  { kind: 'audit', act: 'admin_granted', by: null, via: 'cli', address: null },
  {
    kind: 'audit',
    act: 'group_archived',
    by: 'Ann',
    via: 'browser',
    address: '::1',
    subject: { kind: 'group', id: word(), name: '“$x”' },
    detail: 'd',
  },
];

const appending: Cases = {
  'log: every kind of entry comes back exactly as it was written': async (t, store) => {
    const group = aGroupId();
    const entries = await written(store, group, ...everyKind.map((body) => draft(body)));
    t.deepEqual(await store.log.range(group, 1, entries.length), [...entries]);
  },
  'log: key and mac come back where they were given and are absent elsewhere': async (t, store) => {
    const group = aGroupId();
    const keyed = says('a', { key: 'k', mac: 'm' });
    const entries = await written(store, group, keyed, says('b'), { ...reacts(1), key: 'k' });
    const stored = await store.log.range(group, 1, 3);
    t.deepEqual(stored, [...entries]);
    t.false('key' in (stored[1] ?? {}) || 'mac' in (stored[1] ?? {}) || 'mac' in (stored[2] ?? {}));
  },
  'log: an append says how many were written': async (t, store) => {
    const group = aGroupId();
    t.deepEqual(await store.log.append(group, []), { written: 0 });
    t.deepEqual(await store.log.append(group, placed(group, [says('a')])), { written: 1 });
    t.deepEqual(await store.log.append(group, placed(group, [says('b'), reacts(2), says('c')], await store.log.head(group))), {
      written: 3,
    });
    t.deepEqual(await store.log.head(group), { seq: 4, n: 3, at: NOW });
  },
  'log: a taken seq is a conflict and changes nothing': async (t, store) => {
    const group = aGroupId();
    const [first] = await written(store, group, says('first'));
    t.deepEqual(await store.log.append(group, placed(group, [says('other'), says('more')])), { written: 0, stopped: 'conflict' });
    t.deepEqual(await store.log.range(group, 1, 9), [first]);
    t.deepEqual(await store.log.append(group, [first]), { written: 0, stopped: 'conflict' }, 'even for the very same entry');
  },
  'log: an entry whose predecessor is missing is a conflict': async (t, store) => {
    const group = aGroupId();
    t.deepEqual(await store.log.append(group, placed(group, [says('a')], { seq: 1, n: 1, at: NOW })), { written: 0, stopped: 'conflict' });
    t.deepEqual(await store.log.head(group), EMPTY_HEAD);
    await written(store, group, says('a'));
    t.deepEqual(await store.log.append(group, placed(group, [says('b')], { seq: 2, n: 2, at: NOW })), { written: 0, stopped: 'conflict' });
    t.deepEqual(seqsOf(await store.log.range(group, 1, 9)), [1]);
  },
  'log: of entries that come for many groups at once, each is written or refused for itself': async (t, store) => {
    const author = aUserId();
    const [full, keyed, short] = [aGroupId(), aGroupId(), aGroupId()];
    const [taken] = await written(store, full, says('taken'));
    const [first] = await written(store, keyed, says('first', { author, key: 'k' }));
    const again = placed(keyed, [says('again', { author, key: 'k' })], headAfter(first));
    const others = Array.from({ length: 40 }, aGroupId).map((group) => ({ group, entries: placed(group, [says(`in ${group}`)]) }));
    const conflicts = [
      { group: full, entries: placed(full, [says('other')]) },
      { group: keyed, entries: again },
      { group: short, entries: placed(short, [says('after a gap')], { seq: 1, n: 1, at: NOW }) },
    ];
    const asked = [...others.slice(0, 20), ...conflicts, ...others.slice(20)];
    const answers = await Promise.all(asked.map(({ group, entries }) => store.log.append(group, entries)));
    const allWritten = Array.from({ length: 20 }, () => ({ written: 1 }));
    t.deepEqual(answers, [...allWritten, ...conflicts.map(() => ({ written: 0, stopped: 'conflict' as const })), ...allWritten]);
    for (const { group, entries } of others) t.deepEqual(await store.log.range(group, 1, 9), entries);
    t.deepEqual(await store.log.range(full, 1, 9), [taken]);
    t.deepEqual(await store.log.range(keyed, 1, 9), [first]);
  },
  'log: a taken key is a conflict; the entries before it are written, those after it not': async (t, store) => {
    const group = aGroupId();
    const author = aUserId();
    const [first] = await written(store, group, says('first', { author, key: 'k' }));
    const rest = placed(group, [says('a'), says('b'), says('again', { author, key: 'k' }), says('c')], headAfter(first));
    t.deepEqual(await store.log.append(group, rest), { written: 2, stopped: 'conflict' });
    t.deepEqual(await store.log.range(group, 1, 9), [first, ...rest.slice(0, 2)]);
    t.deepEqual(await store.log.head(group), { seq: 3, n: 3, at: NOW });
  },
  'log: a key twice in one append is a conflict at the second': async (t, store) => {
    const group = aGroupId();
    const author = aUserId();
    const twice = placed(group, [says('a', { author, key: 'k' }), says('b', { author, key: 'k' })]);
    t.deepEqual(await store.log.append(group, twice), { written: 1, stopped: 'conflict' });
  },
  'log: a key is unique per group and author only, whatever the kind': async (t, store) => {
    const [group, elsewhere] = [aGroupId(), aGroupId()];
    const author = aUserId();
    const [first] = await written(store, group, says('a', { author, key: 'k' }));
    await written(store, group, says('b', { key: 'k' }));
    await written(store, elsewhere, says('c', { author, key: 'k' }));
    const head = await store.log.head(group);
    const again = placed(group, [draft({ kind: 'topic', topic: 'x' }, { author, key: 'k' })], head);
    t.deepEqual(await store.log.append(group, again), { written: 0, stopped: 'conflict' });
    t.deepEqual(await store.log.byKey(group, author, 'k'), first);
  },
  'log: entries without a key never conflict by it': async (t, store) => {
    const group = aGroupId();
    const author = aUserId();
    await written(store, group, says('a', { author }), says('b', { author }));
    t.is((await store.log.head(group)).seq, 2);
  },
};

const reading: Cases = {
  'log: an empty log has an empty head and nothing to read': async (t, store) => {
    const group = aGroupId();
    t.deepEqual(await store.log.head(group), EMPTY_HEAD);
    t.deepEqual(await store.log.range(group, 1, 999), []);
    t.deepEqual(await store.log.messages(group, 1, 999), []);
    t.is(await store.log.message(group, 1), undefined);
    t.deepEqual(await store.log.followUps(group, [{ seq: 1, after: 0 }]), []);
    t.is(await store.log.byKey(group, aUserId(), 'k'), undefined);
  },
  'log: head is the last seq, the messages so far and the last at': async (t, store) => {
    const group = aGroupId();
    const late = placed(group, [says('a'), reacts(1), says('b'), reacts(1)]).map((entry) => ({ ...entry, at: NOW + entry.seq }));
    await store.log.append(group, late);
    t.deepEqual(await store.log.head(group), { seq: 4, n: 2, at: NOW + 4 });
  },
  'log: head is true however far the log went past any hint': async (t, store, other) => {
    const group = (await inserted(store)).id;
    for (const k of upTo(3)) await written(k % 2 ? store : other, group, ...upTo(40).map((i) => says(`${i}`)));
    t.deepEqual(await store.log.head(group), { seq: 120, n: 120, at: NOW });
    t.deepEqual(await other.log.head(group), { seq: 120, n: 120, at: NOW });
  },
  'log: heads are the true ends of all logs asked for, whoever wrote them': async (t, store, other) => {
    const [one, two, empty] = [await inserted(store), await inserted(store), await inserted(store)];
    const noGroup = aGroupId();
    for (const k of upTo(3)) await written(k % 2 ? store : other, one.id, ...upTo(40).map((i) => says(`${i}`)));
    await written(other, two.id, says('a'), reacts(1), says('b'));
    await written(other, noGroup, says('a'));
    const ends = [
      [one.id, { seq: 120, n: 120, at: NOW }],
      [two.id, { seq: 3, n: 2, at: NOW }],
      [empty.id, EMPTY_HEAD],
      [noGroup, { seq: 1, n: 1, at: NOW }],
    ] as const;
    for (const each of [store, other]) {
      const heads = await each.log.heads(ends.map(([group]) => group));
      t.deepEqual(heads, new Map(ends));
    }
    t.is((await store.log.heads([])).size, 0);
  },
  'log: range is bounded at both ends, by seq': async (t, store) => {
    const group = aGroupId();
    const entries = await written(store, group, ...upTo(12).map((k) => says(`${k}`)));
    await written(store, aGroupId(), says('elsewhere'));
    const range = (from: number, to: number) => store.log.range(group, from, to);
    t.deepEqual(await range(3, 5), entries.slice(2, 5));
    t.deepEqual(await range(12, 12), entries.slice(11));
    t.deepEqual(await range(-5, 2), entries.slice(0, 2));
    t.deepEqual(await range(11, 1010), entries.slice(10));
    t.deepEqual(await range(13, 20), []);
    t.deepEqual(await range(5, 4), []);
    t.deepEqual(seqsOf(await range(1, 999)), upTo(12), 'by number, not by text: 2 before 10');
  },
  'log: systemEntries are neither messages nor follow-ups, within bounds': async (t, store) => {
    const group = aGroupId();
    const entries = await written(store, group, ...everyKind.map((body) => draft(body)));
    const system = entries.filter(({ kind }) => ['join', 'leave', 'rename', 'topic', 'archive', 'revoke'].includes(kind));
    t.is(system.length, 8);
    t.deepEqual(await store.log.systemEntries(group, 1, entries.length), system);
    t.deepEqual(await store.log.systemEntries(group, system[1]?.seq ?? 0, system[2]?.seq ?? 0), system.slice(1, 3));
    t.deepEqual(await store.log.systemEntries(aGroupId(), 1, 99), []);
  },
  'log: edits of a message come newest first, below a seq, as many as were asked for': async (t, store) => {
    const group = aGroupId();
    const edit = (target: number, body: string): EntryBody => ({ kind: 'edit', target, body, format: 'text' });
    const bodies = [edit(1, 'a'), { kind: 'react', target: 1, emoji: 'x' } as const, edit(2, 'of another'), edit(1, 'b'), edit(1, 'c')];
    await written(store, group, says('1'), says('2'), ...bodies.map((body) => draft(body)));
    const edits = async (before: number, limit: number) =>
      (await store.log.edits(group, 1, { before, limit })).map(({ seq, body }) => [seq, body]);
    t.deepEqual(await edits(99, 9), [
      [7, 'c'],
      [6, 'b'],
      [3, 'a'],
    ]);
    t.deepEqual(await edits(7, 1), [[6, 'b']]);
    t.deepEqual(await edits(3, 9), []);
  },
  'log: messages are found by n, without what came between': async (t, store) => {
    const group = aGroupId();
    const drafts = [draft({ kind: 'join', member: aUserId() }), says('a'), reacts(2), says('b'), edits(2, 'A'), says('c'), says('d')];
    const entries = await written(store, group, ...drafts);
    const posted = entries.filter(({ kind }) => kind === 'message');
    t.deepEqual(
      posted.map(({ n }) => n),
      [1, 2, 3, 4],
    );
    t.deepEqual(await store.log.messages(group, 2, 3), posted.slice(1, 3) as Message[]);
    t.deepEqual(await store.log.messages(group, -9, 1), posted.slice(0, 1) as Message[]);
    t.deepEqual(await store.log.messages(group, 4, 900), posted.slice(3) as Message[]);
    t.deepEqual(await store.log.messages(group, 5, 9), []);
    t.deepEqual(await store.log.messages(group, 3, 2), []);
  },
  'log: message finds one by seq, and no other kind': async (t, store) => {
    const group = aGroupId();
    const [posted] = await written(store, group, says('a'), reacts(1));
    t.deepEqual<Entry | undefined, Entry>(await store.log.message(group, 1), posted);
    t.is(await store.log.message(group, 2), undefined);
    t.is(await store.log.message(group, 3), undefined);
    t.is(await store.log.message(aGroupId(), 1), undefined);
  },
  'log: followUps gives those of the targets named, each above its own after, by seq': async (t, store) => {
    const group = aGroupId();
    const drafts = [
      says('a'),
      says('b'),
      says('c'),
      reacts(2),
      edits(1, 'A'),
      reacts(1),
      reacts(3),
      erases(2, NOW),
      draft({ kind: 'unerase', target: 2 }),
    ];
    await written(store, group, ...drafts);
    const followUps = async (...targets: [seq: number, after: number][]) =>
      seqsOf(
        await store.log.followUps(
          group,
          targets.map(([seq, after]) => ({ seq, after })),
        ),
      );
    t.deepEqual(await followUps([1, 0]), [5, 6]);
    t.deepEqual(await followUps([2, 0], [1, 0]), [4, 5, 6, 8, 9]);
    t.deepEqual(await followUps([1, 5], [2, 8]), [6, 9]);
    t.deepEqual(await followUps([1, 6], [3, 0]), [7]);
    t.deepEqual(await followUps([4, 0], [77, 0]), []);
    t.deepEqual(await followUps(), []);
    t.deepEqual(await store.log.followUps(aGroupId(), [{ seq: 1, after: 0 }]), []);
    await store.log.clearDue(group, 8);
  },
  'log: followUps come back whole': async (t, store) => {
    const group = aGroupId();
    const [, ...rest] = await written(
      store,
      group,
      says('a'),
      edits(1, 'A'),
      reacts(1),
      erases(1, NOW),
      draft({ kind: 'unerase', target: 1 }),
    );
    t.deepEqual<Entry[], Entry[]>(await store.log.followUps(group, [{ seq: 1, after: 0 }]), rest);
    await store.log.clearDue(group, 4);
  },
  'log: byKey finds what was posted under a key': async (t, store) => {
    const group = aGroupId();
    const author = aUserId();
    const [, keyed] = await written(store, group, says('a'), says('b', { author, key: 'deploy 7', mac: 'mac' }));
    t.deepEqual(await store.log.byKey(group, author, 'deploy 7'), keyed);
    t.is(await store.log.byKey(group, author, 'deploy 8'), undefined);
    t.is(await store.log.byKey(group, aUserId(), 'deploy 7'), undefined);
    t.is(await store.log.byKey(aGroupId(), author, 'deploy 7'), undefined);
  },
};

/** A group with a message (1), its edits (2, 5), a reaction (3), another message (4) with an edit (6), and an erase of the first (7). */
async function erasedGroup(store: Store, due: number): Promise<{ group: GroupId; entries: Entry[] }> {
  const group = aGroupId();
  const message = draft(
    { kind: 'message', body: 'secret', format: 'markdown', as: 'CI', attachments: [attachedAs('a')] },
    { key: 'k', mac: 'm' },
  );
  const drafts = [message, edits(1, 'secret 2'), reacts(1), says('other'), edits(1, 'secret 3'), edits(4, 'other 2'), erases(1, due)];
  return { group, entries: await written(store, group, ...drafts) };
}

const scrubbedOf = (entry: Entry): Entry => {
  if (entry.seq === 1 || entry.seq === 2 || entry.seq === 5) {
    const { attachments: _gone, ...rest } = { attachments: undefined, ...entry };
    return { ...rest, body: '', scrubbed: true } as Entry;
  }
  if (entry.kind !== 'erase') return entry;
  const { due: _, ...settled } = entry;
  return settled;
};

const rewriting: Cases = {
  'log: a snapshot is stored in its target and replaced only by one that reaches further': async (t, store) => {
    const group = aGroupId();
    const [posted] = await written(store, group, says('a'));
    const full: Folded = {
      upto: 40,
      body: 'a, edited',
      format: 'markdown',
      editedAt: NOW,
      erasedBy: { seq: 39, author: aUserId(), at: NOW, undoUntil: NOW + 1 },
      reactions: [{ emoji: '🎉', by: [aUserId(), aUserId()] }],
    };
    for (const [folded, stored] of [
      [wasFolded(9), wasFolded(9)],
      [wasFolded(8, 'older'), wasFolded(9)],
      [wasFolded(9, 'same reach'), wasFolded(9)],
      [full, full],
      [wasFolded(10), full],
    ] as const) {
      await store.log.snapshot(group, 1, folded);
      t.deepEqual<Entry | undefined, Entry>(await store.log.message(group, 1), { ...posted, folded: stored } as Entry);
    }
  },
  'log: snapshots written at once end at the one that reaches furthest': async (t, store, other) => {
    const group = aGroupId();
    await written(store, group, says('a'));
    await Promise.all([4, 9, 2, 7, 100, 11].map((upto, k) => (k % 2 ? store : other).log.snapshot(group, 1, wasFolded(upto))));
    t.is((await store.log.message(group, 1))?.folded?.upto, 100);
  },
  'log: a snapshot of what is no message is dropped': async (t, store) => {
    const group = aGroupId();
    const entries = await written(store, group, says('a'), edits(1, 'b'));
    await store.log.snapshot(group, 2, wasFolded(2));
    await store.log.snapshot(group, 3, wasFolded(3));
    t.deepEqual(await store.log.range(group, 1, 9), [...entries]);
  },
  'log: dueScrubs gives the erase entries whose time has come, of any group': async (t, store) => {
    const due = longAgo();
    const [one, two] = [await erasedGroup(store, due), await erasedGroup(store, due + 1)];
    const mine = async (now: number) => {
      const found = await store.log.dueScrubs(now, 100);
      return found.filter(({ group }) => group === one.group || group === two.group);
    };
    t.deepEqual(await mine(due - 1), []);
    t.deepEqual<Entry[], Entry[]>(await mine(due), one.entries.slice(6));
    t.is((await mine(due + 1)).length, 2);
    t.is((await store.log.dueScrubs(due + 1, 1)).length, 1);
    const others = await store.log.dueScrubs(due + 1, 100, [one.group]);
    t.deepEqual<Entry[], Entry[]>(
      others.filter(({ group }) => group === one.group || group === two.group),
      two.entries.slice(6),
    );
    await store.log.clearDue(one.group, 7);
    t.deepEqual<Entry[], Entry[]>(await mine(due + 1), two.entries.slice(6));
    await store.log.clearDue(two.group, 7);
  },
  'log: scrub empties a message and its edits, drops the snapshot and unsets due': async (t, store) => {
    const due = longAgo();
    const { group, entries } = await erasedGroup(store, due);
    await store.log.snapshot(group, 1, wasFolded(5, 'secret 3'));
    await store.log.scrub(group, 1, 7);
    const scrubbed = entries.map(scrubbedOf);
    t.deepEqual(await store.log.range(group, 1, 9), scrubbed);
    t.false(JSON.stringify(await store.log.range(group, 1, 9)).includes('secret'));
    t.false((await store.log.dueScrubs(due, 100)).some((entry) => entry.group === group));
    await store.log.scrub(group, 1, 7);
    t.deepEqual(await store.log.range(group, 1, 9), scrubbed, 'repeats harmlessly');
    t.deepEqual(await store.log.head(group), { seq: 7, n: 2, at: NOW });
  },
  'log: a scrubbed message takes no snapshot any more': async (t, store) => {
    const { group, entries } = await erasedGroup(store, longAgo());
    await store.log.scrub(group, 1, 7);
    await store.log.snapshot(group, 1, wasFolded(999, 'secret'));
    t.deepEqual(await store.log.range(group, 1, 9), entries.map(scrubbedOf));
  },
  'log: a scrub that raced its snapshot still leaves none': async (t, store, other) => {
    const { group, entries } = await erasedGroup(store, longAgo());
    await Promise.all([store.log.scrub(group, 1, 7), ...upTo(4).map((k) => other.log.snapshot(group, 1, wasFolded(k, 'secret')))]);
    t.deepEqual(await store.log.range(group, 1, 9), entries.map(scrubbedOf));
  },
  'log: a scrub touches no other message and no other group': async (t, store) => {
    const [one, two] = [await erasedGroup(store, longAgo()), await erasedGroup(store, longAgo())];
    await store.log.scrub(one.group, 1, 7);
    t.deepEqual(await store.log.range(two.group, 1, 9), two.entries);
    await store.log.clearDue(two.group, 7);
  },
  'log: a key and its mac outlive the scrub': async (t, store) => {
    const { group, entries } = await erasedGroup(store, longAgo());
    await store.log.scrub(group, 1, 7);
    const [first] = entries;
    if (!first) return t.fail();
    t.deepEqual(await store.log.byKey(group, first.author, 'k'), scrubbedOf(first));
    const again = placed(group, [says('again', { author: first.author, key: 'k' })], await store.log.head(group));
    t.deepEqual(await store.log.append(group, again), { written: 0, stopped: 'conflict' });
  },
  'log: settle unsets due of an erase entry and nothing else': async (t, store) => {
    const { group, entries } = await erasedGroup(store, longAgo());
    await store.log.clearDue(group, 7);
    await store.log.clearDue(group, 7);
    await store.log.clearDue(group, 1);
    await store.log.clearDue(group, 88);
    t.deepEqual(await store.log.range(group, 1, 9), [...entries.slice(0, 6), ...entries.slice(6).map(scrubbedOf)]);
  },
};

/** Appends one draft the way a server does: after the head it reads, again after each conflict. Resolves to the conflicts met. */
async function post(t: ExecutionContext, store: Store, group: GroupId, one: Draft): Promise<number> {
  for (let conflicts = 0; ; conflicts++) {
    const appended = await store.log.append(group, placed(group, [one], await store.log.head(group)));
    if (appended.written === 1) return conflicts;
    if (appended.stopped !== 'conflict') t.fail(`stopped by ${appended.stopped}`);
  }
}

const concurrency: Cases = {
  'log: writers that race for one log leave it dense, each entry there once': async (t, store, other) => {
    const group = aGroupId();
    const writer = async (name: number): Promise<number> => {
      let conflicts = 0;
      for (const k of upTo(50)) {
        const one = k % 3 ? says(`${name} ${k}`) : draft({ kind: 'topic', topic: `${name} ${k}` });
        conflicts += await post(t, name % 2 ? store : other, group, one);
      }
      return conflicts;
    };
    const conflicts = await Promise.all(upTo(4).map(writer));
    const entries = await store.log.range(group, 1, 999);
    t.deepEqual(seqsOf(entries), upTo(200));
    t.is(new Set(entries.map(({ uid }) => uid)).size, 200);
    t.deepEqual(
      entries.filter(({ kind }) => kind === 'message').map(({ n }) => n),
      upTo(entries.filter(({ kind }) => kind === 'message').length),
    );
    for (const name of upTo(4)) {
      const own = entries.flatMap((entry) => (entry.kind === 'message' ? [entry.body] : entry.kind === 'topic' ? [entry.topic] : []));
      t.deepEqual(
        own.filter((text) => text.startsWith(`${name} `)),
        upTo(50).map((k) => `${name} ${k}`),
        'each writer in its own order',
      );
    }
    t.log(`${conflicts.reduce((sum, count) => sum + count, 0)} conflicts`);
  },
  'log: of several appends of the same seq at once, one is written': async (t, store, other) => {
    const group = aGroupId();
    const appends = upTo(6).map((k) => (k % 2 ? store : other).log.append(group, placed(group, [says(`${k} a`), says(`${k} b`)])));
    const answers = await Promise.all(appends);
    t.is(answers.filter(({ written: count }) => count === 2).length, 1);
    t.is(answers.filter(({ written: count, stopped }) => count === 0 && stopped === 'conflict').length, 5);
    const bodies = (await store.log.messages(group, 1, 9)).map(({ body }) => body.slice(0, 1));
    t.is(bodies.length, 2);
    t.is(bodies[0], bodies[1]);
  },
  'log: of several posts under one key at once, one is written': async (t, store, other) => {
    const group = aGroupId();
    const author = aUserId();
    const attempt = async (of: Store, body: string): Promise<boolean> => {
      for (;;) {
        if (await of.log.byKey(group, author, 'once')) return false;
        const appended = await of.log.append(group, placed(group, [says(body, { author, key: 'once' })], await of.log.head(group)));
        if (appended.written === 1) return true;
      }
    };
    const answers = await Promise.all(upTo(6).map((k) => attempt(k % 2 ? store : other, `${k}`)));
    t.is(answers.filter(Boolean).length, 1);
    t.is((await store.log.head(group)).seq, 1);
  },
  'log: appends to many groups at once do not touch each other': async (t, store, other) => {
    const many = upTo(20).map(() => aGroupId());
    const blocked = aGroupId();
    await written(store, blocked, says('taken'));
    const conflict = store.log.append(blocked, placed(blocked, [says('late')]));
    const appends = many.map((group, k) => (k % 2 ? store : other).log.append(group, placed(group, [says('a'), says('b')])));
    t.deepEqual(await conflict, { written: 0, stopped: 'conflict' });
    for (const appended of await Promise.all(appends)) t.deepEqual(appended, { written: 2 });
    for (const group of many) t.is((await store.log.head(group)).seq, 2);
  },
  'log: what one store has written the other reads': async (t, store, other) => {
    const group = aGroupId();
    const [entry] = await written(store, group, says('a', { key: 'k' }));
    t.deepEqual(await other.log.range(group, 1, 1), [entry]);
    t.deepEqual(await other.log.head(group), headAfter(entry));
  },
};

const HOSTILE: readonly string[] = [
  '{"$ne":null}',
  '$where',
  '$set',
  'a.b.$[].c',
  '__proto__',
  'constructor',
  'toString',
  `'; DROP TABLE entries; --`,
  `"quoted" 'twice' \`thrice\` \\ back\\\\slash`,
  '%_*?[a-z]^$.|()',
  'null',
  'undefined',
  '0',
  '1e999',
  '  leading, trailing  ',
  'line\nbreaks\r\n\tand tabs',
  '<script>alert(1)</script> &amp; <!-- -->',
  'e\u0301 is not \u00e9',
  'שלום مرحبا \u202Egnal\u202C',
  '👩‍👩‍👧‍👦 \u{1F3F4}\u{E0067}\u{E0062}\u{E007F}',
  '\u2028\u2029\uFEFF\uFFFD\uFFFF\u{10FFFF}',
  '\u0001\u001F\u007F\u0085',
];

const hostility: Cases = {
  'hostile text comes back exactly from settings, users and sessions': async (t, store) => {
    for (const text of HOSTILE) {
      const own = `${word()} ${text}`;
      t.is(await store.settings.putIfAbsent(own, text), text);
      t.is(await store.settings.get(own), text);
      const user = aUser({ name: text, nameKey: own, passwordHash: text });
      t.true(await store.users.insert(user));
      t.deepEqual(await store.users.byNameKey(own), user);
      const session = aSession({ hash: own, data: text });
      await store.sessions.set(session);
      t.deepEqual(await store.sessions.get(own, NOW), session);
    }
  },
  'hostile text comes back exactly from tokens and groups': async (t, store) => {
    for (const text of HOSTILE) {
      const own = `${word()} ${text}`;
      const token = aToken({ hash: own, prefix: text });
      await store.tokens.insert(token);
      t.deepEqual(await store.tokens.byHash(own), token);
      const group = await inserted(store, { slug: own, name: text, topic: text, codeMac: own, codeSealed: text });
      t.deepEqual(await store.groups.bySlug(own), group);
      t.deepEqual(await store.groups.byCodeMac(own), group);
      t.is(group.topic, text);
    }
  },
  'hostile text comes back exactly from the log': async (t, store) => {
    const group = aGroupId();
    const author = aUserId();
    const bodies: Draft[] = HOSTILE.flatMap((text) => [
      draft(
        { kind: 'message', body: text, format: 'model', as: text, attachments: [attachedAs(text), attachedAs(text)] },
        { author, key: text, mac: text },
      ),
      edits(1, text),
      reacts(1, text),
      draft({ kind: 'rename', name: text, slug: text }),
      draft({ kind: 'revoke', member: author, scope: 'token', ref: text }),
    ]);
    const entries = await written(store, group, ...bodies);
    t.deepEqual(await store.log.range(group, 1, 999), [...entries]);
    for (const text of HOSTILE) t.is((await store.log.byKey(group, author, text))?.mac, text);
    const folded: Folded = { ...wasFolded(500, HOSTILE.join()), reactions: HOSTILE.map((emoji) => ({ emoji, by: [author] })) };
    await store.log.snapshot(group, 1, folded);
    t.deepEqual((await store.log.message(group, 1))?.folded, folded);
  },
  'hostile text finds only itself': async (t, store) => {
    const own = word();
    await store.users.insert(aUser({ nameKey: own }));
    await store.sessions.set(aSession({ hash: own }));
    for (const text of HOSTILE) {
      t.is(await store.users.byNameKey(text), undefined);
      t.is(await store.users.byId(text as UserId), undefined);
      t.deepEqual(await store.users.byIds([text as UserId]), []);
      t.is(await store.sessions.get(text, 0), undefined);
      t.is(await store.tokens.byHash(text), undefined);
      t.is(await store.groups.bySlug(text), undefined);
      t.deepEqual(await store.log.range(text as GroupId, 1, 9), []);
      t.deepEqual(await store.sessions.destroyOf(text as UserId), []);
    }
  },
  'a body of 64 KiB comes back exactly, and an empty one too': async (t, store) => {
    const group = aGroupId();
    const long = 'пиши 👍 '.repeat(8_000).slice(0, 65_536);
    const entries = await written(
      store,
      group,
      says('x'.repeat(65_536)),
      says(long.toWellFormed()),
      says(''),
      edits(1, long.toWellFormed()),
    );
    t.deepEqual(await store.log.range(group, 1, 4), [...entries]);
  },
};
