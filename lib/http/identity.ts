import type { Context, Middleware } from 'koa';
import type { Core } from '../core.ts';
import { forbidden, unauthenticated } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { setActor } from '../request-scope.ts';
import { needsSecondFactor } from '../required-factor.ts';
import { isTokenValid, sha256 } from '../secrets.ts';
import type { Lookups } from '../store/lookup-cache.ts';
import { admitConnection } from './connections.ts';
import { stateOf, type Viewer } from './context.ts';
import { chooseLanguage } from './format.ts';
import { proxiedName } from './proxied-name.ts';
import { noteUse, peekSession, sessionRef, sessionUserId } from './session.ts';

const TOUCH_MS = 60_000;

/**
 * A header for the service worker, which keeps pages for offline use: a name of the browser's session that opens nothing, or `none`. What was kept
 * under another name is deleted.
 */
const SESSION = 'Parley-Session';

/** Authenticates requests, for routes behind the session. A bearer token takes precedence over a cookie. */
export const identify =
  (core: Core): Middleware =>
  async (ctx, next) => {
    const lookups = isPosting(ctx) ? core.lookupCache : core.lookupCache.fresh();
    const bearer = await bearerOf(ctx, core, lookups);
    const viewer = bearer ?? (await enabled(ctx, lookups, sessionUserId(ctx, proxiedName(ctx, core.config)), sessionRef(ctx, core)));
    stateOf(ctx).viewer = viewer;
    if (viewer?.via === 'session') noteUse(ctx, core);
    if (viewer?.via !== 'token') ctx.set(SESSION, viewer ? core.secrets.sign('session-name', viewer.ref) : 'none');
    if (viewer?.via === 'session' && viewer.user.preferences?.language !== undefined) chooseLanguage(ctx, viewer.user);
    if (viewer) setActor({ user: viewer.user.id, via: viewer.via === 'token' ? 'token' : 'browser' });
    await next();
  };

/** Posts are frequent, so they may use cached lookups: the log checks permissions again when they have changed since. */
const isPosting = (ctx: Context): boolean => ctx.method === 'POST' && ctx.path.endsWith('/messages');

/** Authenticates a request outside the session middleware. Reads the cookie, never sets it. */
export async function authenticate(ctx: Context, core: Core, lookups: Lookups): Promise<Viewer | undefined> {
  const bearer = await bearerOf(ctx, core, lookups);
  if (bearer) return bearer;
  const session = await peekSession(ctx, core, lookups, proxiedName(ctx, core.config));
  const viewer = await enabled(ctx, lookups, session?.userId, session?.ref);
  if (!viewer || !session || (needsSecondFactor(core.config, viewer.user) && !session.isStrong)) return undefined;
  return { ...viewer, until: session.expiresAt };
}

async function enabled(ctx: Context, lookups: Lookups, id: UserId | undefined, ref: string | undefined): Promise<Viewer | undefined> {
  if (id === undefined || ref === undefined) return undefined;
  const user = await lookups.users.byId(id);
  if (!user || user.disabled) return undefined;
  admitConnection(ctx.req);
  return { user, via: 'session', ref };
}

/** Errors: `unauthenticated` for an invalid token, even when the cookie is valid. */
async function bearerOf(ctx: Context, core: Core, lookups: Lookups): Promise<Viewer | undefined> {
  const given = ctx.get('Authorization');
  if (given === '') return undefined;
  const [, text] = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(given) ?? [];
  const token = text === undefined ? undefined : await lookups.tokens.byHash(sha256(text));
  const user = token?.kind === 'api' && isTokenValid(token, core.now()) ? await lookups.users.byId(token.user) : undefined;
  if (!token || !user || user.disabled) throw unauthenticated(t`This token is unknown or revoked.`);
  admitConnection(ctx.req);
  if (core.now() - (token.lastUsedAt ?? 0) > TOUCH_MS) await core.store.tokens.touch(token.hash, core.now());
  return { user, via: 'token', ref: token.hash };
}

/** The authenticated viewer. Errors: `unauthenticated`. */
export function viewerOf(ctx: Context): Viewer {
  const { viewer } = stateOf(ctx);
  if (!viewer) throw unauthenticated();
  return viewer;
}

/** The viewer of a page that only a browser session may use: tokens cannot create tokens. Errors: `unauthenticated`, `forbidden`. */
export function sessionViewerOf(ctx: Context): Viewer {
  const viewer = viewerOf(ctx);
  if (viewer.via !== 'session') throw forbidden(t`This needs a browser session; a token is not enough.`);
  return viewer;
}

/** The viewer, who must be an administrator. Errors: `unauthenticated`, `forbidden`. */
export function adminOf(ctx: Context): Viewer {
  const viewer = sessionViewerOf(ctx);
  if (!viewer.user.admin) throw forbidden(t`Only administrators may see this.`);
  return viewer;
}
