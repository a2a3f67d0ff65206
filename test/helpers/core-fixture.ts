import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createAccount } from '../../lib/accounts/operations.ts';
import type { User } from '../../lib/accounts/port.ts';
import { type CoreOptions, type OpenCore, openCore } from '../../lib/app.ts';
import { readConfig } from '../../lib/config.ts';
import type { Core } from '../../lib/core.ts';
import { addMember, groupAccess, insertGroup } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import type { GroupAccess } from '../../lib/groups/rules.ts';
import type { GroupId } from '../../lib/ids.ts';
import { newUid, systemRandom, type UserId } from '../../lib/ids.ts';
import type { Draft, Entry } from '../../lib/log/entry.ts';
import { Clock } from './server.ts';
import { freshDatabase, type Service } from './services.ts';

/** A core without a server, with the group Kitchen: Ann is its moderator, Bob a member, Eve is not in it. */
export type TestCore = {
  readonly core: OpenCore;
  readonly clock: Clock;
  readonly file: string;
  readonly group: Group;
  readonly ann: User;
  readonly bob: User;
  readonly eve: User;
  /** Opens another core on the same store, as another process would. */
  second(): Promise<Core>;
};

/** A store of its own for one test, closed with it: SQLite, or a database of the MongoDB server, which is waited for as long as in a server unless `storeWaitMs` says otherwise. */
export async function openTestCore(
  t: ExecutionContext,
  mongo?: Service,
  options: Pick<CoreOptions, 'storeWaitMs'> = {},
): Promise<TestCore> {
  const clock = new Clock();
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-core-'));
  const url = mongo ? { MONGODB_URL: freshDatabase(mongo) } : {};
  const config = readConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'silent', POSTS_PER_SECOND: '0', ...url });
  const open = async (role: 'server' | 'visitor'): Promise<OpenCore> => {
    const core = await openCore(config, { role, now: clock.now, bcryptCost: 4, ...options });
    t.teardown(core.close);
    return core;
  };
  t.teardown(() => rm(dataDir, { recursive: true }));
  const core = await open('server');
  const [ann, bob, eve] = await Promise.all(['Ann', 'Bob', 'Eve'].map((name) => createAccount(core, { name, password: null })));
  const { id } = await insertGroup(core, 'Kitchen', true);
  const group = await core.store.groups.byId(id);
  if (!group || !ann || !bob || !eve) throw new Error('the group or its people were not created');
  await addMember(core, ann.id, group, ann, 'moderator');
  await addMember(core, ann.id, group, bob);
  return { core, clock, file: join(dataDir, 'parley.db'), group, ann, bob, eve, second: () => open('visitor') };
}

/** The access that a user has to the group now. */
export async function accessOf(core: Core, user: User, group: Group): Promise<GroupAccess> {
  return groupAccess(core, user, (await core.store.groups.byId(group.id)) ?? group);
}

/** A text message to append. */
export const textDraft = (author: UserId, body: string, fields: Partial<Draft> = {}): Draft =>
  ({ author, uid: newUid(systemRandom), kind: 'message', body, format: 'text', ...fields }) as Draft;

/** The whole log, in order. */
export async function wholeLog({ store }: Core, group: GroupId): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const window = await store.log.range(group, entries.length + 1, entries.length + 900);
    if (window.length === 0) return entries;
    entries.push(...window);
  }
}

/** The bodies of the messages among these entries. */
export const bodiesIn = (entries: readonly Entry[]): string[] => entries.flatMap((entry) => (entry.kind === 'message' ? [entry.body] : []));

/** Whether seqs and message numbers are 1, 2, 3 … and no time is before the one of the entry before. */
export function isDense(entries: readonly Entry[]): boolean {
  const messages = entries.filter((entry) => entry.kind === 'message');
  const inOrder = entries.every((entry, index) => entry.seq === index + 1 && entry.at >= (entries[index - 1]?.at ?? 0));
  return inOrder && messages.every((entry, index) => entry.n === index + 1);
}
