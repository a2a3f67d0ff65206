import { randomBytes } from 'node:crypto';
import type Koa from 'koa';
import type { Context } from 'koa';
import session from 'koa-session';
import type { Core } from '../core.ts';
import { forbidden } from '../errors.ts';
import { asUserId, type UserId } from '../ids.ts';
import { sameText, sha256 } from '../secrets.ts';
import type { Lookups } from '../store/lookup-cache.ts';

const COOKIE = 'parley';
const KNOWN_COOKIE = 'parley_known';
const MAX_AGE_MS = 14 * 24 * 3600 * 1000;

type Flash = { readonly kind: 'info' | 'error'; readonly text: string };
type Data = { userId?: string; flash?: Flash };

/** koa-session over our store: the cookie holds 192 random bits, the store only their hash. */
export function sessions(core: Core, app: Koa): Koa.Middleware {
  return session(
    {
      key: COOKIE,
      maxAge: MAX_AGE_MS,
      renew: true,
      sameSite: 'lax',
      httpOnly: true,
      signed: false, // needs no signature: the id is random
      genid: () => randomBytes(24).toString('base64url'),
      store: {
        get: async (id: string) => {
          const record = await core.store.sessions.get(sha256(id), core.now());
          return record ? JSON.parse(record.data) : undefined;
        },
        set: async (id: string, data: Data, _maxAge: unknown, { ctx }: { ctx?: Context }) => {
          const isLoaded = ctx?.cookies.get(COOKIE, { signed: false }) === id;
          if (isLoaded && !(await core.store.sessions.get(sha256(id), core.now()))) return; // the session was ended while this request ran
          const userId = data.userId === undefined ? null : asUserId(data.userId);
          await core.store.sessions.set({ hash: sha256(id), userId, data: JSON.stringify(data), expiresAt: core.now() + MAX_AGE_MS });
        },
        destroy: async (id: string) => core.store.sessions.destroy(sha256(id)),
      },
    },
    app,
  );
}

type Live = Data & { regenerate(): Promise<void> };

/** The only functions that access koa-session's property of the context. */
const read = (ctx: Context): Live | null => (ctx as unknown as { session: Live | null }).session;
const replace = (ctx: Context, data: Data): void => {
  (ctx as unknown as { session: Data }).session = data;
};

export const sessionUserId = (ctx: Context): UserId | undefined => {
  const id = read(ctx)?.userId;
  return typeof id === 'string' ? asUserId(id) : undefined;
};

/** The hash under which the store keeps this request's session. */
export const sessionRef = (ctx: Context): string | undefined => {
  const id = ctx.cookies.get(COOKIE, { signed: false });
  return id ? sha256(id) : undefined;
};

/** Logs in with a new session id, against session fixation. Errors: `forbidden` with a bearer token. */
export async function startSession(ctx: Context, core: Core, userId: UserId): Promise<void> {
  if (ctx.get('Authorization') !== '') throw forbidden('Log in without a token: a request with a token has no session.');
  replace(ctx, { userId });
  await read(ctx)?.regenerate();
  ctx.cookies.set(KNOWN_COOKIE, `${userId}.${core.secrets.mac('known-device', userId)}`, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    maxAge: 365 * 24 * 3600 * 1000,
    overwrite: true,
  });
}

/** Logs out, leaving an anonymous session with a flash message. */
export async function endBrowserSession(ctx: Context, flash: Flash): Promise<void> {
  replace(ctx, { flash });
  await read(ctx)?.regenerate();
}

/** The account that this browser was logged in to before. */
export function knownAs(ctx: Context, core: Core): UserId | undefined {
  const [id = '', mac = ''] = (ctx.cookies.get(KNOWN_COOKIE, { signed: false }) ?? '').split('.');
  return id !== '' && sameText(mac, core.secrets.mac('known-device', id)) ? asUserId(id) : undefined;
}

/** Stores a message for the next page. */
export function setFlash(ctx: Context, text: string, kind: Flash['kind'] = 'info'): void {
  const data = read(ctx);
  if (data) data.flash = { kind, text };
}

/** Returns and removes the stored message. */
export function takeFlash(ctx: Context): Flash | null {
  const data = read(ctx);
  const flash = data?.flash;
  if (data && flash) delete data.flash;
  return flash ?? null;
}

/** The user of a session cookie, without renewing the session: for streams, which bypass the session middleware. */
export async function peekSession(
  ctx: Context,
  core: Core,
  lookups: Lookups,
): Promise<{ readonly userId: UserId; readonly ref: string; readonly expiresAt: number } | undefined> {
  const ref = sessionRef(ctx);
  const record = ref === undefined ? undefined : await lookups.sessions.get(ref, core.now());
  return record?.userId && ref !== undefined ? { userId: record.userId, ref, expiresAt: record.expiresAt } : undefined;
}
