import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { unauthenticated } from '../../errors.ts';
import { admitConnection } from '../../http/connections.ts';
import type { Viewer } from '../../http/context.ts';
import { t } from '../../language/text.ts';
import { resourceOf } from './endpoints.ts';
import { parseSecret, type Secret } from './secret.ts';

const TOUCH_MS = 60_000;

/** The access token of a request; undefined when it has none, or a token of another kind. */
export function accessTokenOf(ctx: Context): Secret | undefined {
  const [, text = ''] = /^Bearer ([\w.]{1,200})$/i.exec(ctx.get('Authorization')) ?? [];
  return parseSecret('access', text);
}

/**
 * The person of an access token, for the resource that it is valid for: the path of this request. `ref`: the grant, `until`: when the token expires.
 * Errors: `unauthenticated`.
 */
export async function accessViewer(ctx: Context, core: Core, token: Secret): Promise<Viewer> {
  const now = core.now();
  const grant = await core.store.oauthGrants.byId(token.grant); // not cached: it may have been revoked by another process
  const isForHere = grant?.resource === resourceOf(ctx, core.config);
  const valid = isForHere ? grant.access.find(({ hash, expiresAt }) => hash === token.hash && now < expiresAt) : undefined;
  const user = grant && valid ? await core.store.users.byId(grant.user) : undefined;
  if (!grant || !valid || !user || user.disabled) throw unauthenticated(t`This token is unknown or revoked.`);
  admitConnection(ctx.req);
  if (now - (grant.lastUsedAt ?? 0) > TOUCH_MS) await core.store.oauthGrants.touch(grant.id, now);
  return { user, via: 'token', ref: grant.id, until: valid.expiresAt };
}
