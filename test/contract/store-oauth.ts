import type { ExecutionContext, TestFn } from 'ava';
import type { OAuthClient, OAuthGrant } from '../../lib/accounts/oauth/port.ts';
import { newUserId, randomId, systemRandom } from '../../lib/ids.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Opened } from './store.ts';

type Case = (t: ExecutionContext, store: Store, other: Store) => Promise<void>;

/** Registers the tests of connected programs. */
export function oauthContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  let opened: Opened | undefined;
  let other: Store | undefined;
  test.before(`${name}: OAuth: open`, async () => {
    opened = await open();
    other = await opened.second?.();
  });
  test.after.always(`${name}: OAuth: close`, async () => {
    await other?.close();
    await opened?.close();
  });
  for (const [title, run] of Object.entries(cases))
    test.serial(`${name}: OAuth: ${title}`, async (t) => {
      if (!opened) throw new Error('the store did not open');
      await run(t, opened.store, other ?? opened.store);
    });
}

const NOW = 1_700_000_000_000;
const newId = (): string => randomId(systemRandom, 20);

const aClient = (fields: Partial<OAuthClient> = {}): OAuthClient => ({
  ...{ id: newId(), name: 'Agent “$where” {"$gt":""}', redirectUris: ['https://agent.example/back', 'app.example:/cb'], secret: null },
  ...{ source: 'added', createdAt: NOW, expiresAt: null },
  ...fields,
});

const aGrant = (fields: Partial<OAuthGrant> = {}): OAuthGrant => ({
  ...{ id: newId(), client: newId(), clientName: 'Agent', user: newUserId(systemRandom), redirectUri: 'https://agent.example/back' },
  ...{ challenge: 'c', resource: 'https://chat.example/mcp', redeemed: false, current: 'code', access: [] },
  ...{ createdAt: NOW, lastUsedAt: null, expiresAt: NOW + 60_000, ...fields },
});

const byTime = <T extends { readonly createdAt: number; readonly id: string }>(all: readonly T[]): T[] =>
  all.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));

const cases: Record<string, Case> = {
  async 'a client is found as it was stored, until it is removed'(t, store, other) {
    const [client, secret] = [aClient(), aClient({ secret: 'a'.repeat(64), source: 'registered', expiresAt: NOW + 5 })];
    for (const one of [client, secret]) await store.oauthClients.insert(one);
    for (const one of [client, secret]) t.deepEqual(await other.oauthClients.byId(one.id), one);
    t.is(await store.oauthClients.byId('nobody'), undefined);
    t.is(await store.oauthClients.byId({ $gt: '' } as never).catch(() => undefined), undefined);
    t.true(await store.oauthClients.remove(client.id));
    t.false(await other.oauthClients.remove(client.id));
    t.is(await other.oauthClients.byId(client.id), undefined);
    t.truthy(await other.oauthClients.byId(secret.id));
    await store.oauthClients.remove(secret.id);
  },

  async 'only the clients that were added are listed, oldest first'(t, store, other) {
    const added = [aClient({ createdAt: NOW + 2 }), aClient({ createdAt: NOW + 1 }), aClient({ createdAt: NOW + 1 })];
    for (const one of [...added, aClient({ source: 'registered', expiresAt: NOW })]) await store.oauthClients.insert(one);
    t.deepEqual(await other.oauthClients.listAdded(10), byTime(added));
    t.deepEqual(await other.oauthClients.listAdded(2), byTime(added).slice(0, 2));
    for (const { id } of added) await store.oauthClients.remove(id);
  },

  async 'the expiry of a client moves forward only, and one without an expiry stays'(t, store, other) {
    const [stays, early, late] = [aClient(), aClient({ expiresAt: NOW }), aClient({ expiresAt: NOW })];
    for (const one of [stays, early, late]) await store.oauthClients.insert(one);
    await store.oauthClients.extend(late.id, NOW + 100);
    await other.oauthClients.extend(late.id, NOW + 50);
    await store.oauthClients.extend(stays.id, NOW + 100);
    t.is((await other.oauthClients.byId(late.id))?.expiresAt, NOW + 100);
    t.is((await other.oauthClients.byId(stays.id))?.expiresAt, null);
    await store.oauthClients.sweep(NOW);
    t.truthy(await other.oauthClients.byId(early.id), 'not before');
    await store.oauthClients.sweep(NOW + 1);
    t.is(await other.oauthClients.byId(early.id), undefined);
    for (const { id } of [stays, late]) {
      t.truthy(await other.oauthClients.byId(id));
      await store.oauthClients.remove(id);
    }
  },

  async 'a grant is found by its id, its person and its client'(t, store, other) {
    const used = { redeemed: true, access: [{ hash: 'h', expiresAt: NOW }], lastUsedAt: NOW };
    const grants = [aGrant({ createdAt: NOW + 2 }), aGrant({ createdAt: NOW + 1, ...used })];
    const [first] = grants;
    if (!first) return t.fail();
    const same = grants.map((one) => ({ ...one, user: first.user, client: first.client }));
    for (const one of [...same, aGrant()]) await store.oauthGrants.insert(one);
    for (const one of same) t.deepEqual(await other.oauthGrants.byId(one.id), one);
    t.deepEqual(await other.oauthGrants.ofUser(first.user), byTime(same));
    t.deepEqual(await other.oauthGrants.ofClient(first.client, 10), byTime(same));
    t.deepEqual(await other.oauthGrants.ofClient(first.client, 1), byTime(same).slice(0, 1));
    t.deepEqual(await other.oauthGrants.ofUser(newUserId(systemRandom)), []);
    t.is(await other.oauthGrants.byId('none'), undefined);
  },

  async 'of concurrent steps from one state one succeeds'(t, store, other) {
    const grant = aGrant();
    await store.oauthGrants.insert(grant);
    const next = (current: string) => ({ current, access: [{ hash: current, expiresAt: NOW + 1 }], expiresAt: NOW + 100 });
    const done = await Promise.all([
      store.oauthGrants.advance(grant.id, 'code', next('a')),
      other.oauthGrants.advance(grant.id, 'code', next('b')),
      store.oauthGrants.advance(grant.id, 'code', next('c')),
    ]);
    t.is(done.filter(Boolean).length, 1, done.join());
    const found = await other.oauthGrants.byId(grant.id);
    t.deepEqual(found, { ...grant, redeemed: true, ...next(found?.current ?? '') });
    t.false(await store.oauthGrants.advance(grant.id, 'code', next('d')));
    t.true(await store.oauthGrants.advance(grant.id, found?.current ?? '', next('e')));
    t.false(await store.oauthGrants.advance('none', 'code', next('f')));
    await store.oauthGrants.touch(grant.id, NOW + 7);
    t.is((await other.oauthGrants.byId(grant.id))?.lastUsedAt, NOW + 7);
  },

  async 'a grant is removed once, and those that have expired by the sweep'(t, store, other) {
    const [gone, early, late] = [aGrant(), aGrant({ expiresAt: NOW }), aGrant({ expiresAt: NOW + 1 })];
    for (const one of [gone, early, late]) await store.oauthGrants.insert(one);
    const removed = await Promise.all([store.oauthGrants.remove(gone.id), other.oauthGrants.remove(gone.id)]);
    t.is(removed.filter(Boolean).length, 1);
    t.is(await other.oauthGrants.byId(gone.id), undefined);
    t.false(await store.oauthGrants.advance(gone.id, 'code', { current: 'x', access: [], expiresAt: NOW }), 'it does not come back');
    t.is(await other.oauthGrants.byId(gone.id), undefined);
    await store.oauthGrants.sweep(NOW + 1);
    t.is(await other.oauthGrants.byId(early.id), undefined);
    t.truthy(await other.oauthGrants.byId(late.id));
  },
};
