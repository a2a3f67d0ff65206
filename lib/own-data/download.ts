import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { addressOf } from '../accounts/mail/operations.ts';
import { listPrograms } from '../accounts/oauth/grants.ts';
import type { User } from '../accounts/port.ts';
import { listSessions } from '../accounts/sessions.ts';
import type { Core } from '../core.ts';
import { textFile } from '../export/folder.ts';
import { writeRecords } from '../export/write-json.ts';

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** Writes what the site has about a person to `out`, one JSON object per line: the account, its sessions, tokens, connected programs, second factors, address and events, and all that the person wrote. Ends it. */
export async function writeOwnData(core: Core, user: User, out: PassThrough): Promise<void> {
  const file = textFile(out);
  for (const record of await accountRecords(core, user)) await file.write(`${JSON.stringify(record)}\n`);
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
  await writeRecords(core, file, { scope: { user }, program: version });
  await file.end();
}

async function accountRecords(core: Core, user: User): Promise<object[]> {
  const { passwordHash, nameKey: _, skeleton: __, keyVersion: ___, color: ____, createdAt, ...account } = user;
  const [sessions, tokens, memberships, events, saved, follows, scheduled, credentials, mail, programs] = await Promise.all([
    listSessions(core, user, ''),
    core.store.tokens.listOf(user.id),
    core.store.memberships.ofUser(user.id),
    core.store.security.list(user.id, { limit: 500 }),
    core.store.saved.list(user.id, { limit: 1000 }),
    core.store.follows.listOf(user.id, 1000),
    core.store.scheduled.ofAuthor(user.id, 1000),
    core.store.credentials.ofUser(user.id),
    addressOf(core, user.id),
    listPrograms(core, user.id),
  ]);
  return [
    { type: 'account', ...account, has_password: passwordHash !== null, created_at: iso(createdAt) },
    ...sessions.map(({ device, address, since, usedAt }) => ({
      type: 'session',
      device,
      address,
      since: iso(since),
      used_at: iso(usedAt),
    })),
    ...tokens.map(({ prefix, name, createdAt: at, lastUsedAt }) => ({
      ...{ type: 'token', prefix, name: name ?? null, created_at: iso(at), last_used_at: iso(lastUsedAt) },
    })),
    ...programs.map(({ name, createdAt: at, lastUsedAt }) => ({
      ...{ type: 'connected_program', name, created_at: iso(at), last_used_at: iso(lastUsedAt) },
    })),
    ...credentials
      .filter(({ kind }) => kind !== 'recovery')
      .map(({ kind, label, createdAt: at, lastUsedAt }) => ({
        type: 'credential',
        kind,
        label,
        created_at: iso(at),
        last_used_at: iso(lastUsedAt),
      })),
    ...(mail ? [{ type: 'mail_address', address: mail.address, confirmed_at: iso(mail.confirmedAt), digest: mail.digest }] : []),
    ...memberships.map(({ group, role, level, mark }) => ({ type: 'membership', group, role, level, read_up_to: mark })),
    ...events.map(({ event, at, address, detail, via }) => ({ type: 'security_event', event, at: iso(at), address, detail, via })),
    ...saved.map(({ group, seq, at }) => ({ type: 'saved', group, seq, at: iso(at) })),
    ...follows.map(({ group, root, read, at }) => ({ type: 'followed_thread', group, root, read_up_to: read, at: iso(at) })),
    ...scheduled.map(({ group, kind, body, format, at, createdAt: made, failure }) => ({
      ...{ type: 'scheduled_message', group, kind, body, format, at: iso(at), created_at: iso(made), failure },
    })),
  ];
}
