import { randomBytes } from 'node:crypto';
import type Koa from 'koa';
import type { Context } from 'koa';
import session from 'koa-session';
import type { SessionRecord } from '../accounts/port.ts';
import type { Config } from '../config.ts';
import type { Core } from '../core.ts';
import { forbidden } from '../errors.ts';
import { asUserId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { sameText, sha256 } from '../secrets.ts';
import type { Lookups } from '../store/lookup-cache.ts';
import { stateOf } from './context.ts';
import { type Begun, type Flash, type PendingLogIn, readSession, replaceSession, type SessionData } from './session-data.ts';
import { labelOf, shownLabel } from './user-agent.ts';

type Origin = { readonly config: Pick<Config, 'publicUrl' | 'basePath'> };

/**
 * With an https PUBLIC_URL the names begin with `__Host-`: a browser accepts such a cookie only from this host itself, over https and for all paths
 * (RFC 6265bis, section 4.1.3.2), so no other host of the domain can plant one. Below a base path the cookies are for that path alone, and the
 * names begin with `__Secure-`: only https can set them.
 */
function named({ config }: Origin, name: string): string {
  if (!config.publicUrl?.startsWith('https:')) return name;
  return config.basePath === '' ? `__Host-${name}` : `__Secure-${name}`;
}
/** An option of the cookie, which koa-session passes on though its types do not have it. */
const cookiePath = ({ config }: Origin): { readonly path: string } => ({ path: config.basePath || '/' });
const cookieOf = (core: Origin): string => named(core, 'parley');
const knownCookieOf = (core: Origin): string => named(core, 'parley_known');
const MAX_AGE_MS = 14 * 24 * 3600 * 1000;

const USED_EVERY_MS = 15 * 60_000;

/** koa-session over our store: the cookie holds 192 random bits, the store only their hash. */
export function sessions(core: Core, app: Koa): Koa.Middleware {
  return session(
    {
      key: cookieOf(core),
      ...cookiePath(core),
      maxAge: MAX_AGE_MS,
      renew: true,
      sameSite: 'lax',
      httpOnly: true,
      signed: false, // needs no signature: the id is random
      genid: (ctx: Context) => {
        const id = randomBytes(24).toString('base64url');
        stateOf(ctx).newSessionId = id;
        return id;
      },
      store: {
        get: async (id: string) => {
          const record = await core.store.sessions.get(sha256(id), core.now());
          return record ? JSON.parse(record.data) : undefined;
        },
        set: async (id: string, data: SessionData, _maxAge: unknown, { ctx }: { ctx?: Context }) => {
          const isLoaded = ctx?.cookies.get(cookieOf(core), { signed: false }) === id;
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

/** The user of the session; undefined without one, and when it began by a proxy that does not name the same person now. */
export const sessionUserId = (ctx: Context, proxied: string | undefined): UserId | undefined => {
  const { userId, proxyName } = readSession(ctx) ?? {};
  return typeof userId === 'string' && (proxyName === undefined || proxyName === proxied) ? asUserId(userId) : undefined;
};

/** The hash under which the store keeps this request's session. */
export const sessionRef = (ctx: Context, core: Origin): string | undefined => {
  const id = ctx.cookies.get(cookieOf(core), { signed: false });
  return id ? sha256(id) : undefined;
};

/** Replaces the session by one with a new id, against session fixation. Errors: `forbidden` with a bearer token. */
async function renew(ctx: Context, data: SessionData): Promise<void> {
  if (ctx.get('Authorization') !== '') throw forbidden(t`Log in without a token: a request with a token has no session.`);
  replaceSession(ctx, data);
  await readSession(ctx)?.regenerate();
}

/** Logs in, with a new session. Resolves to its hash. Errors: `forbidden` with a bearer token. */
export async function startSession(ctx: Context, core: Core, userId: UserId, begun: Begun = {}): Promise<string> {
  const now = core.now();
  await renew(ctx, { userId, device: labelOf(ctx.get('User-Agent')), address: ctx.ip, since: now, usedAt: now, ...begun });
  ctx.cookies.set(knownCookieOf(core), `${userId}.${core.secrets.mac('known-device', userId)}`, {
    ...cookiePath(core),
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    maxAge: 365 * 24 * 3600 * 1000,
    overwrite: true,
  });
  return sha256(stateOf(ctx).newSessionId ?? '');
}

/** Records that a session is in use and from where; writes only when the last record is older than USED_EVERY_MS. */
export function noteUse(ctx: Context, { now }: Pick<Core, 'now'>): void {
  const data = readSession(ctx);
  if (!data || now() - (data.usedAt ?? 0) < USED_EVERY_MS) return;
  data.usedAt = now();
  data.address = ctx.ip;
}

/** What a session record says of its device; null: not recorded. Times in ms. */
export function sessionDetails({ data }: SessionRecord) {
  const { device, address, since, usedAt }: SessionData = JSON.parse(data);
  return { device: shownLabel(device ?? ''), address: address ?? null, since: since ?? null, usedAt: usedAt ?? null };
}

/** Keeps a log-in until its second factor is given, in a new session of nobody. Errors: `forbidden` with a bearer token. */
export const keepPending = (ctx: Context, pending: PendingLogIn): Promise<void> => renew(ctx, { pending });

/** Logs out, leaving an anonymous session with a flash message. */
export async function endBrowserSession(ctx: Context, flash: Flash): Promise<void> {
  replaceSession(ctx, { flash });
  await readSession(ctx)?.regenerate();
}

/** The account that this browser was logged in to before. */
export function knownAs(ctx: Context, core: Core): UserId | undefined {
  const [id = '', mac = ''] = (ctx.cookies.get(knownCookieOf(core), { signed: false }) ?? '').split('.');
  return id !== '' && sameText(mac, core.secrets.mac('known-device', id)) ? asUserId(id) : undefined;
}

type PeekedSession = { readonly userId: UserId; readonly ref: string; readonly expiresAt: number; readonly isStrong: boolean };

/** The user of a session cookie, without renewing the session: for streams, which bypass the session middleware. */
export async function peekSession(
  ctx: Context,
  core: Core,
  lookups: Lookups,
  proxied: string | undefined,
): Promise<PeekedSession | undefined> {
  const ref = sessionRef(ctx, core);
  const record = ref === undefined ? undefined : await lookups.sessions.get(ref, core.now());
  if (!record?.userId || ref === undefined) return undefined;
  const { isStrong = false, proxyName }: SessionData = JSON.parse(record.data);
  if (proxyName !== undefined && proxyName !== proxied) return undefined;
  return { userId: record.userId, ref, expiresAt: record.expiresAt, isStrong };
}
