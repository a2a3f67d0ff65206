import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { sessionDetails } from '../http/session.ts';
import { t } from '../language/text.ts';
import { endSession } from './operations.ts';
import type { User } from './port.ts';

/** A session in the settings of its owner. `id`: its hash. Times in ms; null: not recorded. `current`: the session of the request. */
export type SessionRow = ReturnType<typeof sessionDetails> & { readonly id: string; readonly current: boolean };

/** The sessions of a user: the current one first, then by last use, newest first. */
export async function listSessions(core: Core, user: User, current: string): Promise<SessionRow[]> {
  const now = core.now();
  return (await core.store.sessions.listOf(user.id, now))
    .map((record) => {
      const isCurrent = record.hash === current;
      return { id: record.hash, current: isCurrent, ...sessionDetails(record), ...(isCurrent ? { usedAt: now } : {}) };
    })
    .sort((a, b) => Number(b.current) - Number(a.current) || (b.usedAt ?? 0) - (a.usedAt ?? 0));
}

/** Ends one session of this user, and closes its streams. Errors: `notFound`. */
export async function endOneSession(core: Core, user: User, hash: string): Promise<void> {
  const session = await core.store.sessions.get(hash, core.now());
  if (session?.userId !== user.id) throw notFound(t`There is no such session.`);
  await endSession(core, user.id, hash);
}
