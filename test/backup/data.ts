import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ofGroup } from '../../lib/audit/act.ts';
import { contentOf, readArchive } from '../../lib/backup/archive.ts';
import { createBackup } from '../../lib/backup/create.ts';
import type { Manifest } from '../../lib/backup/format.ts';
import type { Core } from '../../lib/core.ts';
import type { Group } from '../../lib/groups/port.ts';
import { type FileId, newFileId, newGroupId, newUid, systemRandom } from '../../lib/ids.ts';
import type { Attached, Entry } from '../../lib/log/entry.ts';
import { openMongo } from '../../lib/store/mongo/open.ts';
import type { Store } from '../../lib/store/port.ts';
import { openSqlite } from '../../lib/store/sqlite/open.ts';
import { openTestCore, type TestCore, textDraft } from '../helpers/core-fixture.ts';
import { freshDatabase, mongoService, present } from '../helpers/services.ts';

export const mongo = await mongoService();

export type Kind = 'sqlite' | 'mongo';
export const KINDS = ['sqlite', 'mongo'] as const;

/** The time of all records (ms). */
const now = Date.UTC(2026, 1, 3);

export const openFilled = async (t: ExecutionContext, kind: Kind): Promise<TestCore> => {
  const opened = await openTestCore(t, kind === 'mongo' ? present(mongo) : undefined);
  await fill(opened);
  return opened;
};

/** A folder that is removed with the test. */
export async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-backup-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

/** An empty store, and the settings by which a core opens it. */
export async function emptyStore(t: ExecutionContext, kind: Kind): Promise<{ store: Store; settings: Record<string, string> }> {
  const folder = await folderOf(t);
  const settings: Record<string, string> = { DATA_DIR: folder };
  if (kind === 'mongo') settings.MONGODB_URL = freshDatabase(present(mongo));
  const store =
    kind === 'mongo'
      ? await openMongo({ url: settings.MONGODB_URL ?? '', serverSelectionTimeoutMs: 30_000 })
      : await openSqlite({ file: join(folder, 'parley.db') });
  t.teardown(() => store.close());
  return { store, settings };
}

export async function backUp(t: ExecutionContext, store: Store, base?: Manifest): Promise<{ path: string; manifest: Manifest }> {
  const path = join(await folderOf(t), 'backup.tar');
  const manifest = await createBackup(store, { path, program: 'test', now: () => now, ...(base ? { base } : {}) });
  return { path, manifest };
}

/** Name and SHA-256 of every member that contains data. */
export async function dataOf(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const member of readArchive(path))
    if (!/^(backup|manifest)\.json$/.test(member.name)) found[member.name] = sha256(await contentOf(member));
  return found;
}

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** A message with a file of `bytes` bytes and a thumbnail. */
export async function postFile({ core, group, ann }: TestCore, bytes: number): Promise<{ id: FileId; entry: Entry }> {
  const id = newFileId(systemRandom);
  const content = Buffer.alloc(bytes, id);
  const attached: Attached = { id, name: 'photo.png', type: 'image/png', bytes, width: 20, height: 10, thumb: true };
  const record = { ...attached, group: group.id, author: ann.id, seq: null, key: null, createdAt: now, touchedAt: now };
  await core.store.files.begin({ ...record, sha256: '', state: 'coming' });
  await core.store.files.write(id, 'whole', pieces(content));
  await core.store.files.write(id, 'thumb', pieces(Buffer.from(`small ${id}`)));
  await core.store.files.finish(id, { ...attached, sha256: sha256(content) });
  const entry = await core.appender.append(group.id, textDraft(ann.id, 'a photo', { attachments: [attached] } as never));
  await core.store.files.attach([id], entry.seq);
  return { id, entry };
}

async function* pieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 10_000) yield content.subarray(at, at + 10_000);
}

/** A draft of any kind. */
export const draft = (author: TestCore['ann'], fields: object) => ({ author: author.id, uid: newUid(systemRandom), ...fields }) as never;

/** Something of everything that a store keeps: a record in each table, an entry of each kind. */
async function fill(opened: TestCore): Promise<void> {
  const { core, group, ann, bob, eve } = opened;
  const append = (fields: object, author = ann) => core.appender.append(group.id, draft(author, fields));
  await postFile(opened, 300_000);
  const first = await append({ kind: 'message', body: 'hello @Bob “ü” 🎉', format: 'markdown', mentions: [bob.id], key: 'k1', mac: 'm1' });
  const second = await append({ kind: 'message', body: 'to be erased', format: 'text' });
  await append({ kind: 'edit', target: first.seq, body: 'edited', format: 'text', mentions: [bob.id, eve.id] });
  await append({ kind: 'react', target: first.seq, emoji: '👍' }, bob);
  await append({ kind: 'pin', target: first.seq, stands: true });
  await append({ kind: 'erase', target: second.seq, undoUntil: now, due: now });
  await append({ kind: 'message', body: 'for a bot', format: 'text', pending: [], replyTo: first.seq, thread: first.seq }, bob);
  await core.store.log.snapshot(group.id, first.seq, { upto: first.seq, body: 'edited', format: 'text', reactions: [] });
  await core.audit.record({ act: 'group_archived', subject: ofGroup(group), detail: 'for a while' });
  await renameWithoutLine(core, group, opened);
  await putRecords(core, group, opened);
}

/** As by a server that died between a change and its line. */
async function renameWithoutLine(core: Core, group: Group, { ann }: TestCore): Promise<void> {
  const line = draft(ann, { kind: 'topic', topic: 'Cooking', key: 'topic-1' });
  await core.store.groups.update(group.id, { name: 'Great Kitchen', slug: 'great-kitchen' });
  await core.store.groups.update(group.id, { topic: 'Cooking' }, { line, at: now });
}

async function putRecords({ store }: Core, group: Group, { ann, bob }: TestCore): Promise<void> {
  await store.groups.update(group.id, { retentionDays: 90, held: true });
  await store.memberships.setPreferences(group.id, ann.id, { favourite: true });
  await store.memberships.setPreferences(group.id, bob.id, { favourite: false });
  const gone = { ...group, id: newGroupId(systemRandom), slug: 'gone', codeMac: 'gone' };
  await store.groups.insert(gone);
  await store.removals.mark(gone.id, now);
  await store.sessions.set({ hash: 'a'.repeat(64), userId: ann.id, data: '{"x":1}', expiresAt: now * 2 });
  await store.tokens.insert({
    ...{ hash: 'b'.repeat(64), kind: 'api', user: ann.id, group: null, prefix: 'abc', name: 'laptop' },
    ...{ createdAt: now, lastUsedAt: null, expiresAt: now * 2 },
  });
  const credential = { user: ann.id, label: '', createdAt: now, lastUsedAt: null };
  await store.credentials.insert({ ...credential, id: `totp-${ann.id}`, kind: 'totp', sealed: 'sealed', counter: 7 });
  await store.credentials.insert({ ...credential, id: 'r1', kind: 'recovery', sealed: '', counter: 0 });
  await store.webhooks.put({
    ...{ bot: bob.id, url: 'http://127.0.0.1/x', on: 'keyword', keywords: ['deploy'], events: ['posted'], secrets: 'sealed' },
    ...{ disabled: null, failingSince: now, createdAt: now, rev: 1 },
  });
  const attempt = { at: now, status: 500, ms: 3, error: null, answer: 'no', answerBytes: 2 };
  await store.deliveries.insert([
    {
      ...{ id: 'd1', bot: bob.id, group: group.id, seq: 2, message: 2, reply: null, event: 'posted', state: 'waiting' },
      ...{ reason: null, due: now, tries: 1, attempts: [attempt], createdAt: now, finishedAt: null, rev: 2 },
    },
  ]);
  const device = { id: 'e'.repeat(64), user: ann.id, session: 'a'.repeat(64), sealed: 'sealed', label: 'Firefox on Linux' };
  await store.push.put({ ...device, createdAt: now, lastOkAt: null, failures: 0 });
  await store.cursors.insert({ id: 'c'.repeat(16), user: ann.id, positions: new Map([[1, 3]]) }, now);
  const event = { id: 'f1', owner: bob.id, at: now, event: 'token_created', user: bob.id, by: ann.id, via: 'cli' } as const;
  await store.security.insert([{ ...event, address: null, detail: 'laptop' }]);
  const digest = { digest: true, digestDue: now, digestUpTo: now };
  await store.addresses.put({ user: ann.id, mac: 'm', sealed: 'sealed', confirmedAt: now, ...digest });
  await store.links.insert({ hash: '1'.repeat(64), kind: 'invite', user: null, sealed: 'sealed', expiresAt: now * 2 });
  const client = { id: 'p1', name: 'Agent', redirectUris: ['https://agent.example/back', 'http://127.0.0.1/back'], createdAt: now };
  await store.oauthClients.insert({ ...client, secret: '2'.repeat(64), source: 'added', expiresAt: null });
  await store.oauthClients.insert({ ...client, id: 'p2', secret: null, source: 'registered', expiresAt: now * 2 });
  await store.oauthGrants.insert({
    ...{ id: '3'.repeat(64), client: 'p1', clientName: 'Agent', user: ann.id, redirectUri: 'https://agent.example/back', challenge: 'x' },
    ...{ resource: 'https://chat.example/mcp', redeemed: true, current: '4'.repeat(64), createdAt: now, lastUsedAt: null },
    ...{ access: [{ hash: '5'.repeat(64), expiresAt: now * 2 }], expiresAt: now * 2 },
  });
  await store.mails.insert({ id: 'g1', sealed: 'sealed', due: now * 2, tries: 1, createdAt: now, rev: 3 });
  await store.saved.put({ user: ann.id, group: group.id, seq: 2, at: now });
  await store.saved.put({ user: ann.id, group: group.id, seq: 10, at: now });
  await store.follows.begin({ user: ann.id, group: group.id, root: 2, at: now });
  await store.follows.set({ user: bob.id, group: group.id, root: 2, follows: false, at: now });
  await store.follows.markRead(ann.id, group.id, 2, 9);
  const command = { bot: bob.id, name: 'deploy', hint: 'where', help: 'Deploys.', shown: true, createdAt: now };
  await store.commands.put({ ...command, group: '' });
  await store.commands.put({ ...command, group: group.id, shown: false });
  const later = { author: ann.id, group: group.id, format: 'markdown', at: now * 2, createdAt: now, tries: 0, rev: 1 } as const;
  await store.scheduled.insert({
    ...{
      ...later,
      id: 's1',
      kind: 'message',
      body: 'Dinner is ready “ü”',
      replyTo: 2,
      due: now * 2,
      claimedUntil: null,
      failure: null,
      mac: 'm',
    },
  });
  await store.scheduled.insert({
    ...{
      ...later,
      id: 's2',
      kind: 'reminder',
      body: 'the oven',
      about: group.id,
      due: null,
      claimedUntil: null,
      failure: 'archived',
      mac: null,
    },
  });
  await store.memberships.setPreferences(group.id, bob.id, { level: 'nothing', hidden: 3 });
  await store.memberships.setLastSeen(group.id, bob.id, now);
}
