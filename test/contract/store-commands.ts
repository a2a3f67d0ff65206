import { type GroupId, newGroupId, newUid, newUserId, systemRandom, type UserId } from '../../lib/ids.ts';
import { type Draft, EMPTY_HEAD, entryAfter } from '../../lib/log/entry.ts';
import type { Store } from '../../lib/store/port.ts';
import type { Case } from './store-pins.ts';

const AT = Date.UTC(2026, 0, 2);
const newIds = (): [UserId, UserId, GroupId, GroupId] => [
  newUserId(systemRandom),
  newUserId(systemRandom),
  newGroupId(systemRandom),
  newGroupId(systemRandom),
];
const command = { name: 'deploy', hint: 'branch', help: 'Deploys a branch.', shown: false, createdAt: AT };

async function join(store: Store, group: GroupId, user: UserId, isIn: boolean): Promise<void> {
  await store.memberships.put({
    ...{ group, user, in: isIn, role: 'member', rev: 1, by: user, lined: true, at: AT },
    ...{ mark: 0, level: 'mentions', hidden: null, ceding: false },
  });
}

export const commands: Record<string, Case> = {
  'commands: are replaced by bot, scope and name, and keep their age; removed once': async (t, store, other) => {
    const [bot, second, group] = newIds();
    await store.commands.put({ ...command, bot, group });
    await store.commands.put({ ...command, bot, group: '' });
    await store.commands.put({ ...command, bot: second, group });
    await store.commands.put({ ...command, bot, group, help: 'Other', hint: '', shown: true, createdAt: AT + 9 });
    t.deepEqual(await other.commands.listOf(bot, 9), [
      { ...command, bot, group: '' },
      { ...command, bot, group, help: 'Other', hint: '', shown: true },
    ]);
    t.is((await store.commands.listOf(bot, 1)).length, 1);
    t.true(await store.commands.remove(bot, group, 'deploy'));
    t.false(await other.commands.remove(bot, group, 'deploy'));
    t.false(await store.commands.remove(bot, '', 'other'));
    t.deepEqual(await other.commands.listOf(bot, 9), [{ ...command, bot, group: '' }]);
    t.is((await store.commands.listOf(second, 9)).length, 1);
  },
  'commands: of a group are those of its present members, for it or for all': async (t, store, other) => {
    const [bot, gone, group, elsewhere] = newIds();
    await join(store, group, bot, true);
    await join(store, group, gone, false);
    for (const [of, scope, name] of [
      [bot, group, 'here'],
      [bot, '', 'all'],
      [bot, elsewhere, 'elsewhere'],
      [gone, group, 'gone'],
      [newUserId(systemRandom), group, 'stranger'],
    ] as const)
      await store.commands.put({ ...command, bot: of, group: scope, name });
    const names = (await other.commands.inGroup(group)).map(({ name }) => name).toSorted();
    t.deepEqual(names, ['all', 'here']);
    t.deepEqual(await other.commands.inGroup(elsewhere), []);
  },
  'ephemeral: are inserted once, listed for one member of one group, and removed': async (t, store, other) => {
    const [user, bot, group, elsewhere] = newIds();
    const one = { id: newUid(systemRandom), group, user, bot, sealed: 'x', at: AT, expiresAt: AT + 100 };
    const later = { ...one, id: newUid(systemRandom), at: AT + 1, expiresAt: AT + 200 };
    t.true(await store.ephemerals.insert(later));
    t.true(await store.ephemerals.insert(one));
    t.false(await other.ephemerals.insert({ ...one, sealed: 'y' }));
    await store.ephemerals.insert({ ...one, id: newUid(systemRandom), group: elsewhere });
    await store.ephemerals.insert({ ...one, id: newUid(systemRandom), user: bot });
    t.deepEqual(await other.ephemerals.list(group, user, AT, 9), [one, later]);
    t.deepEqual(await other.ephemerals.list(group, user, AT, 1), [later], 'the newest');
    t.deepEqual(await other.ephemerals.list(group, user, AT + 100, 9), [later]);
    t.deepEqual(await other.ephemerals.byId(one.id), one);
    t.is(await other.ephemerals.byId('none'), undefined);
    await store.ephemerals.sweep(AT + 100);
    t.is(await other.ephemerals.byId(one.id), undefined);
    await store.ephemerals.remove(later.id);
    await store.ephemerals.remove(later.id);
    t.deepEqual(await other.ephemerals.list(group, user, 0, 9), []);
    await store.ephemerals.insert(later);
    await store.ephemerals.removeOf(user);
    t.is(await other.ephemerals.byId(later.id), undefined);
  },
  'commands: a command in the log is due, and its text is scrubbed': async (t, store, other) => {
    const [author, bot, group] = newIds();
    const draft = { kind: 'command', bot, name: 'deploy', text: 'secret', due: 7, author, uid: newUid(systemRandom) } as const;
    const entry = entryAfter(draft as Draft, group, EMPTY_HEAD, 1);
    await store.log.append(group, [entry]);
    t.deepEqual(await other.log.range(group, 1, 1), [entry]);
    const due = async () => (await store.log.dueScrubs(7, 1000)).filter((one) => one.group === group);
    t.deepEqual(await due(), [entry]);
    await store.log.scrubActs(group, [1]);
    await store.log.clearDue(group, 1);
    t.deepEqual(await due(), []);
    const { due: _due, ...rest } = draft;
    t.deepEqual((await other.log.range(group, 1, 1)) as object[], [
      { ...entryAfter(rest as Draft, group, EMPTY_HEAD, 1), text: '', scrubbed: true },
    ]);
  },
};
