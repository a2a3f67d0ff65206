import type { Context, Middleware } from 'koa';
import type { Core } from '../core.ts';
import { forbidden, unauthenticated } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { sha256, stillHolds } from '../secrets.ts';
import type { Lookups } from '../store/lookup-cache.ts';
import { stateOf, type Viewer } from './context.ts';
import { peekSession, sessionRef, sessionUserId } from './session.ts';

const TOUCH_MS = 60_000;

/** Finds out who asks, for routes behind the session. A bearer token goes before a cookie. */
export const identify =
  (core: Core): Middleware =>
  async (ctx, next) => {
    const look = isPosting(ctx) ? core.lookupCache : core.lookupCache.fresh();
    const bearer = await bearerOf(ctx, core, look);
    stateOf(ctx).viewer = bearer ?? (await enabled(look, sessionUserId(ctx), sessionRef(ctx)));
    await next();
  };

/** The one request that is made thousands of times a second. It may go by what was true a moment ago: the log decides again when rights have changed since. */
const isPosting = (ctx: Context): boolean => ctx.method === 'POST' && ctx.path.endsWith('/messages');

/** The same for streams, which are mounted before the session: reads, never writes a cookie. */
export async function authenticate(ctx: Context, core: Core, look: Lookups): Promise<Viewer | undefined> {
  const bearer = await bearerOf(ctx, core, look);
  if (bearer) return bearer;
  const session = await peekSession(ctx, core, look);
  const viewer = await enabled(look, session?.userId, session?.ref);
  return viewer && session ? { ...viewer, until: session.expiresAt } : undefined;
}

async function enabled(look: Lookups, id: UserId | undefined, ref: string | undefined): Promise<Viewer | undefined> {
  if (id === undefined || ref === undefined) return undefined;
  const user = await look.users.byId(id);
  return user && !user.disabled ? { user, via: 'session', ref } : undefined;
}

/** Errors: `unauthenticated` when a token is given and is not good; a bad token is never overlooked for a good cookie. */
async function bearerOf(ctx: Context, core: Core, look: Lookups): Promise<Viewer | undefined> {
  const given = ctx.get('Authorization');
  if (given === '') return undefined;
  const [, text] = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(given) ?? [];
  const token = text === undefined ? undefined : await look.tokens.byHash(sha256(text));
  const user = token?.kind === 'api' && stillHolds(token, core.now()) ? await look.users.byId(token.user) : undefined;
  if (!token || !user || user.disabled) throw unauthenticated('This token is not known here, or was revoked.');
  if (core.now() - (token.lastUsedAt ?? 0) > TOUCH_MS) await core.store.tokens.touch(token.hash, core.now());
  return { user, via: 'token', ref: token.hash };
}

/** Who is signed in. Errors: `unauthenticated`. */
export function viewerOf(ctx: Context): Viewer {
  const { viewer } = stateOf(ctx);
  if (!viewer) throw unauthenticated();
  return viewer;
}

/** For pages that only a browser session may use: tokens cannot make tokens. Errors: `unauthenticated`, `forbidden`. */
export function sessionViewerOf(ctx: Context): Viewer {
  const viewer = viewerOf(ctx);
  if (viewer.via !== 'session') throw forbidden('This needs a log-in, not a token.');
  return viewer;
}

/** Errors: `unauthenticated`, `forbidden`. */
export function adminOf(ctx: Context): Viewer {
  const viewer = sessionViewerOf(ctx);
  if (!viewer.user.admin) throw forbidden('Only administrators may see this.');
  return viewer;
}
