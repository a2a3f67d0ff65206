import type { Core } from '../core.ts';
import { newUid, SYSTEM_GROUP, type UserId } from '../ids.ts';
import type { Revoked } from '../log/entry.ts';

type WithoutKind<R> = R extends Revoked ? Omit<R, 'kind'> : never;
type Act = WithoutKind<Revoked>;

/** Appends a revocation to the system log, which every process follows to close streams. */
export async function revoke(core: Core, author: UserId, act: Act): Promise<void> {
  await core.appender.append(SYSTEM_GROUP, { kind: 'revoke', author, uid: newUid(core.random), ...act });
}
