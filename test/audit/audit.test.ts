import test, { type ExecutionContext } from 'ava';
import { setAdmin, setDisabled } from '../../lib/accounts/operations.ts';
import { AUDIT_ACTS } from '../../lib/audit/act.ts';
import { type AuditEntry, auditJson, readAudit, wholeAudit } from '../../lib/audit/reading.ts';
import type { Core } from '../../lib/core.ts';
import { AUDIT_GROUP } from '../../lib/ids.ts';
import { freshSettings, parley } from '../cli/cli.ts';
import { openTestCore } from '../helpers/core-fixture.ts';
import { Faults, faultyCore } from '../helpers/faulty-store.ts';
import { groupAt, openLobby, userNamed } from '../helpers/fixtures.ts';
import { freshDatabase, mongoService, present, requireOrSkip } from '../helpers/services.ts';

const mongo = await mongoService();
const STORES = [
  ['sqlite', requireOrSkip(test), () => ({})],
  ['mongo', requireOrSkip(test, mongo), () => ({ MONGODB_URL: freshDatabase(present(mongo)) })],
] as const;

const all = (core: Core): Promise<AuditEntry[]> => Array.fromAsync(wholeAudit(core));
const actsIn = async (core: Core): Promise<string[]> => (await all(core)).map(({ act }) => act);

for (const [store, register, env] of STORES)
  register.serial(`${store}: audit: each act of an administrator is a record with who, from where and on whom`, async (t) => {
    const { core, ann } = await openLobby(t, { env: { SIGNUP: 'open', ...env() } });
    const bob = await userNamed(core, 'Bob');
    const lobby = await groupAt(core, 'lobby');
    for (const action of ['admin', 'unadmin', 'disable', 'enable']) t.is((await ann.form('/admin', { action, user: bob.id })).status, 303);
    for (const action of ['archive', 'unarchive']) t.is((await ann.form('/admin', { action, group: 'lobby' })).status, 303);
    const found = (await all(core)).map(auditJson);
    t.deepEqual(
      found.map(({ seq, act, subject }) => [seq, act, subject?.name]),
      [
        [1, 'admin_granted', 'Bob'],
        [2, 'admin_revoked', 'Bob'],
        [3, 'account_disabled', 'Bob'],
        [4, 'account_enabled', 'Bob'],
        [5, 'group_archived', 'Lobby'],
        [6, 'group_unarchived', 'Lobby'],
      ],
    );
    const { id } = await userNamed(core, 'Ann');
    for (const one of found) t.like(one, { by: { id, name: 'Ann' }, via: 'browser', address: '127.0.0.1', detail: null });
    t.deepEqual(found[0]?.subject, { kind: 'user', id: bob.id, name: 'Bob' });
    t.deepEqual(found[4]?.subject, { kind: 'group', id: lobby.id, name: 'Lobby' });
  });

test('audit: what an administrator was refused is not recorded as done', async (t) => {
  const { core, ann } = await openLobby(t);
  const { id } = await userNamed(core, 'Ann');
  t.is((await ann.form('/admin', { action: 'unadmin', user: id })).status, 403);
  t.is((await ann.form('/admin', { action: 'archive', group: 'nowhere' })).status, 404);
  t.deepEqual(await actsIn(core), []);
});

test('audit: the page lists acts newest first with links to older ones, for administrators alone', async (t) => {
  const { core, ann, bob } = await openLobby(t);
  const { id } = await userNamed(core, 'Bob');
  for (let n = 0; n < 60; n += 1) await core.audit.record({ act: 'admin_granted', subject: { kind: 'user', id, name: `Person ${n}` } });
  const first = (await ann.get('/admin/audit')).text;
  t.deepEqual(
    namesIn(first),
    Array.from({ length: 50 }, (_, n) => `Person ${59 - n}`),
  );
  const [, older = ''] = /rel="next" href="([^"]+)"/.exec(first) ?? [];
  const second = (await ann.get(older)).text;
  t.deepEqual(
    namesIn(second),
    Array.from({ length: 10 }, (_, n) => `Person ${9 - n}`),
  );
  t.notRegex(second, /rel="next"/);
  for (const path of ['/admin/audit', '/admin/audit.jsonl']) {
    t.is((await bob.get(path)).status, 403);
    t.is((await ann.get(path)).status, 200);
  }
  for (const before of ['0', '1', '99999']) t.is((await ann.get(`/admin/audit?before=${before}`)).status, 200, before);
  t.is((await ann.get('/admin/audit?before=x')).status, 400);
});

const namesIn = (page: string): string[] => [...page.matchAll(/<bdi>([^<]*)<\/bdi>/g)].map(([, name = '']) => name);

test('audit: the export has every record as a JSON line, and is itself recorded', async (t) => {
  const { core, ann } = await openLobby(t);
  for (let n = 0; n < 1200; n += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, k) => core.audit.record({ act: 'account_disabled', detail: `no. ${n + k} "<b>"\n` })),
    );
  const { text, headers } = await ann.get('/admin/audit.jsonl');
  t.is(headers.get('content-type'), 'application/jsonl');
  t.regex(headers.get('content-disposition') ?? '', /^attachment; filename="audit-2026-01-02\.jsonl"$/);
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    rows.map(({ seq }) => seq),
    Array.from({ length: 1201 }, (_, n) => n + 1),
  );
  t.like(rows.at(-1), { act: 'audit_exported', via: 'browser', subject: null });
  t.is(new Set(rows.map(({ detail }) => detail)).size, 1201);
});

test('audit: a record that could not be written fails the request, and the repeated one records it', async (t) => {
  const { core, bob } = await openTestCore(t);
  const faults = new Faults();
  const failing = faultyCore(core, faults);
  const audited = { ...failing, audit: { record: () => Promise.reject(new Error('the store is away')) } };
  await t.throwsAsync(setAdmin(audited, bob, true), { message: 'the store is away' });
  await setAdmin(core, bob, true);
  t.deepEqual(await actsIn(core), ['admin_granted']);
});

test('audit: acts of concurrent processes are all there, each with its own number', async (t) => {
  const opened = await openTestCore(t);
  const other = await opened.second();
  await Promise.all(Array.from({ length: 40 }, (_, n) => setDisabled(n % 2 ? opened.core : other, opened.ann.id, opened.eve, n % 4 < 2)));
  const entries = await all(opened.core);
  t.deepEqual(
    entries.map(({ seq }) => seq),
    Array.from({ length: 40 }, (_, n) => n + 1),
  );
});

test('audit: nobody opens the log as a group', async (t) => {
  const { core, ann } = await openLobby(t);
  await core.audit.record({ act: 'admin_granted' });
  for (const path of [`/groups/${AUDIT_GROUP}`, `/groups/${AUDIT_GROUP}/events`, `/groups/${AUDIT_GROUP}/messages`])
    t.is((await ann.get(path, 'application/json')).status, 404, path);
});

test('audit: the command line records what it does, and prints the log', async (t) => {
  const settings = await freshSettings(t);
  const run = async (...args: string[]) => t.is((await parley(settings, args, 'a good long password\n')).status, 0, args.join(' '));
  await run('user', 'create', 'ann');
  await run('user', 'create', 'bob');
  await run('user', 'admin', 'bob');
  await run('user', 'passwd', 'bob');
  await run('group', 'archive', 'lobby');
  const rows = (await parley(settings, ['audit', '--json'])).rows();
  t.deepEqual(
    rows.map(({ act, by, via, address }) => [act, by, via, address]),
    ['account_created', 'account_created', 'admin_granted', 'password_reset', 'group_archived'].map((act) => [act, null, 'cli', null]),
  );
  const { out } = await parley(settings, ['audit']);
  t.regex(out, /^3 {2}\S+Z {2}Administrator role given – bob {2}by the command line$/m);
});

test('audit: the operators’ guide names every act', async (t) => {
  const { readFile } = await import('node:fs/promises');
  const guide = await readFile(new URL('../../docs/operators.md', import.meta.url), 'utf8');
  const [, part = ''] = /## Audit log\n([\s\S]*?)\n## /.exec(guide) ?? [];
  for (const act of Object.keys(AUDIT_ACTS)) t.true(part.includes(`\`${act}\``), act);
});

test('audit: pages of any size go back to the beginning', async (t) => {
  const { core } = await openTestCore(t);
  t.deepEqual(await readAudit(core, { limit: 5 }), { entries: [], next: null });
  for (let n = 0; n < 7; n += 1) await core.audit.record({ act: 'admin_granted' });
  for (const limit of [1, 3, 7, 8]) t.deepEqual(await pagesOf(t, core, limit), [7, 6, 5, 4, 3, 2, 1], `${limit}`);
});

async function pagesOf(t: ExecutionContext, core: Core, limit: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let before: number | null | undefined; before !== null; ) {
    const page = await readAudit(core, { before, limit });
    t.true(page.entries.length <= limit);
    seqs.push(...page.entries.map(({ seq }) => seq));
    before = page.next;
  }
  return seqs;
}
