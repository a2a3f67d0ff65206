import test from 'ava';
import { newGroupId, newUserId, systemRandom } from '../../lib/ids.ts';
import { withLookupCache } from '../../lib/store/lookup-cache.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';

test('a membership from memory is never older than the head of its group: a writer takes the head for what the membership has seen', async (t) => {
  const { signals: _, ...store } = await openSqlite({ file: ':memory:' }); // as with MongoDB: no signal of writes by other processes
  t.teardown(store.close);
  const { lookupCache } = withLookupCache(store);
  const [id, user] = [newGroupId(systemRandom), newUserId(systemRandom)];
  const code = { codeMac: '', codeSealed: '', codeExpiresAt: null, codeUsesLeft: null };
  const plain = { kind: 'group', people: null, topic: '', open: true, archived: false, createdAt: 1 } as const;
  const group = { id, slug: 'kitchen', name: 'Kitchen', ...plain, ...code };
  const own = { mark: 0, level: 'mentions', hidden: null, ceding: false } as const;
  const membership = { group: id, user, in: true, role: 'member', rev: 1, by: user, lined: true, at: 1, ...own } as const;
  await store.groups.insert(group);
  await store.memberships.put(membership);
  t.true((await lookupCache.memberships.get(id, user))?.in);
  t.true((await lookupCache.memberships.get(id, user))?.in, 'from memory, since nobody has read the group');
  await store.memberships.put({ ...membership, in: false, rev: 2 }); // by another process
  t.is((await lookupCache.groups.bySlug('kitchen'))?.id, id);
  t.false((await lookupCache.memberships.get(id, user))?.in);
});
