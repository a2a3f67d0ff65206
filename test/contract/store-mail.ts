import type { ExecutionContext, TestFn } from 'ava';
import { newUserId, randomId, systemRandom } from '../../lib/ids.ts';
import type { MailAddress, MailLink, WaitingMail } from '../../lib/mail/port.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of addresses, links and waiting mails. */
export function mailContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: mail: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: mail: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test.serial(`${name}: mail: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const NOW = 1_700_000_000_000;
const SEALED = 'sealed “$where” {"$gt":""}';

const anAddress = (fields: Partial<MailAddress> = {}): MailAddress => ({
  user: newUserId(systemRandom),
  mac: randomId(systemRandom, 20),
  sealed: SEALED,
  confirmedAt: NOW,
  digest: false,
  digestDue: 0,
  digestUpTo: NOW,
  ...fields,
});

const aLink = (fields: Partial<MailLink> = {}): MailLink => ({
  hash: randomId(systemRandom, 30),
  kind: 'reset',
  user: newUserId(systemRandom),
  sealed: SEALED,
  expiresAt: NOW + 1000,
  ...fields,
});

const aMail = (fields: Partial<WaitingMail> = {}): WaitingMail => ({
  id: randomId(systemRandom, 20),
  sealed: SEALED,
  due: NOW,
  tries: 0,
  createdAt: NOW,
  rev: 1,
  ...fields,
});

/** Calls several times at once, on both connections. Resolves to how often it succeeded. */
const successes = async (call: (at: number) => Promise<boolean>): Promise<number> =>
  (await Promise.all(Array.from({ length: 6 }, (_, at) => call(at)))).filter(Boolean).length;

const cases: Readonly<Record<string, Case>> = {
  'an address is that of its person, found by its hash too; another one replaces it': async (t, store, other) => {
    const [one, alike] = [anAddress({ digest: true, digestDue: NOW * 3 }), anAddress()];
    const two = { ...alike, mac: one.mac };
    for (const address of [one, two, anAddress()]) await store.addresses.put(address);
    t.deepEqual(await other.addresses.ofUser(one.user), one);
    t.deepEqual((await other.addresses.byMac(one.mac)).map(({ user }) => user).sort(), [one.user, two.user].sort());
    await other.addresses.put({ ...one, mac: 'another' });
    t.deepEqual(await store.addresses.byMac(one.mac), [two]);
    t.true(await store.addresses.remove(two.user));
    t.false(await other.addresses.remove(two.user));
    t.is(await store.addresses.ofUser(two.user), undefined);
  },
  'digests are due by time, of those who want one; of several that move one, one succeeds': async (t, store, other) => {
    const [late, early, off] = [
      anAddress({ digest: true, digestDue: NOW + 2 }),
      anAddress({ digest: true, digestDue: NOW + 1 }),
      anAddress({ digestDue: NOW }),
    ];
    for (const address of [late, early, off]) await store.addresses.put(address);
    const dueAt = async (now: number, limit = 9) => (await other.addresses.dueDigests(now, limit)).map(({ user }) => user);
    t.deepEqual(await dueAt(NOW), []);
    t.deepEqual(await dueAt(NOW + 2), [early.user, late.user]);
    t.deepEqual(await dueAt(NOW + 2, 1), [early.user]);
    const next = { due: NOW + 100, upTo: NOW + 50 };
    t.is(await successes((at) => (at % 2 ? store : other).addresses.moveDigest(early.user, NOW + 1, next)), 1);
    t.like(await store.addresses.ofUser(early.user), { digestDue: NOW + 100, digestUpTo: NOW + 50 });
    t.true(await store.addresses.setDigest(late.user, false, { due: NOW, upTo: NOW }));
    t.false(await store.addresses.moveDigest(late.user, NOW, next), 'turned off in the meantime');
    t.false(await store.addresses.setDigest(newUserId(systemRandom), true, { due: NOW, upTo: NOW }));
    t.deepEqual(await dueAt(NOW + 50), []);
  },
  'a link is used once, and ends with the others of its kind, or by itself': async (t, store, other) => {
    const [link, invite] = [aLink(), aLink({ kind: 'invite', user: null })];
    for (const one of [link, invite]) await store.links.insert(one);
    t.deepEqual(await other.links.byHash(link.hash), link);
    t.deepEqual(await other.links.byHash(invite.hash), invite);
    t.is(await successes((at) => (at % 2 ? store : other).links.take(link.hash)), 1);
    t.is(await store.links.byHash(link.hash), undefined);
    const user = newUserId(systemRandom);
    const [reset, confirm] = [aLink({ user }), aLink({ user, kind: 'confirm' })];
    for (const one of [reset, confirm]) await store.links.insert(one);
    await store.links.removeOf(user, 'reset');
    t.is(await other.links.byHash(reset.hash), undefined);
    t.deepEqual(await other.links.byHash(confirm.hash), confirm);
    const old = aLink({ expiresAt: 2000 });
    await store.links.insert(old);
    await store.links.sweep(2001);
    t.is(await other.links.byHash(old.hash), undefined);
    t.deepEqual(await other.links.byHash(invite.hash), invite);
  },
  'mails are due by time; of several that claim one, one succeeds, and an id that waits is not replaced': async (t, store, other) => {
    const [second, first, later] = [aMail({ due: 2000 }), aMail({ due: 1000, tries: 3 }), aMail({ due: NOW * 2 })];
    for (const mail of [second, first, later]) await store.mails.insert(mail);
    await other.mails.insert({ ...first, sealed: 'another' });
    t.deepEqual(await other.mails.due(3000, 9), [first, second]);
    t.deepEqual(await other.mails.due(3000, 1), [first]);
    t.is(await successes((at) => (at % 2 ? store : other).mails.move(first.id, 1, { due: 9000, tries: 4 })), 1);
    t.deepEqual(await store.mails.due(9000, 9), [second, { ...first, due: 9000, tries: 4, rev: 2 }]);
    t.false(await store.mails.remove(first.id, 1), 'claimed by another since');
    t.true(await other.mails.remove(first.id, 2));
    t.true(await store.mails.remove(second.id, 1));
    t.deepEqual(await store.mails.due(9000, 9), []);
  },
};
