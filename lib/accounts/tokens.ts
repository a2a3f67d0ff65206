import type { Core } from '../core.ts';
import { DomainError, notFound } from '../errors.ts';
import { type GroupId, randomToken, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { sha256 } from '../secrets.ts';
import { parseTokenName } from './account.ts';
import { endGrants } from './oauth/grants.ts';
import type { Token, User } from './port.ts';
import { revoke } from './revoke.ts';

const TOKEN_LENGTH = 40;

/** Creates a bearer token for the API, or with `group` a webhook token for that group. Only its hash is stored. `name`: a label. Errors: `invalid` (name). */
export async function createToken(
  core: Core,
  user: User,
  group: GroupId | null = null,
  name = '',
): Promise<{ readonly token: string; readonly record: Token }> {
  const label = parseTokenName(name);
  const token = randomToken(core.random, TOKEN_LENGTH);
  const record: Token = {
    hash: sha256(token),
    kind: group === null ? 'api' : 'hook',
    user: user.id,
    group,
    prefix: token.slice(0, 6),
    ...(label === undefined ? {} : { name: label }),
    createdAt: core.now(),
    lastUsedAt: null,
  };
  await core.store.tokens.insert(record);
  core.securityLog.record({ event: 'token_created', user: user.id, detail: tokenIn(record) });
  return { token, record };
}

const tokenIn = ({ kind, name, prefix }: Token): string =>
  `${kind === 'hook' ? 'incoming webhook ' : ''}${name ? `${name} ` : ''}${prefix}…`;

/** Removes a token of this user and closes the streams opened with it. Errors: `notFound`. */
export async function revokeToken(core: Core, by: UserId, user: UserId, hash: string): Promise<void> {
  const token = await core.store.tokens.byHash(hash);
  if (token?.user !== user) throw notFound(t`There is no such token.`);
  await core.store.tokens.remove(hash);
  await revoke(core, by, { member: user, scope: 'token', ref: hash });
  core.securityLog.record({ event: 'token_revoked', user, detail: tokenIn(token) });
}

/** How many API tokens have ended, and connections of programs. */
export type Ended = { readonly tokens: number; readonly programs: number };
export const NOTHING_ENDED: Ended = { tokens: 0, programs: 0 };

/** Revokes all API tokens of a person, and disconnects all programs. `by`: who requested it. */
export async function endTokens(core: Core, by: UserId, user: UserId): Promise<Ended> {
  let ended = 0;
  for (const { hash } of await core.store.tokens.listOf(user)) {
    const isEnded = await revokeToken(core, by, user, hash).then(
      () => true,
      (error: unknown) => {
        if (error instanceof DomainError && error.code === 'notFound') return false; // another request was first
        throw error;
      },
    );
    if (isEnded) ended += 1;
  }
  return { tokens: ended, programs: await endGrants(core, by, user) };
}
