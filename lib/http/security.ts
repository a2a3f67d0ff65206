import type { Context, Middleware } from 'koa';
import type { Config } from '../config.ts';
import { forbidden } from '../errors.ts';
import { systemRandom } from '../ids.ts';
import { originOf, stateOf } from './context.ts';

const policy = (nonce: string): string =>
  `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'; ${REST_OF_POLICY}`;

const REST_OF_POLICY = [
  "img-src 'self' data:",
  "media-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'self'",
].join('; ');

const SECURE_ONLY = ['Strict-Transport-Security', 'max-age=31536000'] as const;

/** What no page here uses, nor may a file that is opened in the browser. Notifications, clipboard and full screen stay as they are. */
const NO_FEATURES = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
]
  .map((feature) => `${feature}=()`)
  .join(', ');

const SAME_FOR_ALL = Object.entries({
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Frame-Options': 'SAMEORIGIN',
  'Permissions-Policy': NO_FEATURES,
});

/** Headers of every response: a strict Content-Security-Policy, no sniffing, no referrer, no framing by others, no features of the device. */
export const secureHeaders: Middleware = (ctx, next) => {
  setSecureHeaders(ctx);
  return next();
};

export function setSecureHeaders(ctx: Context): void {
  const nonce = Buffer.from(systemRandom(16)).toString('base64');
  stateOf(ctx).nonce = nonce;
  ctx.res.setHeader('Content-Security-Policy', policy(nonce));
  for (const [name, value] of SAME_FOR_ALL) ctx.res.setHeader(name, value);
  if (ctx.secure) ctx.set(...SECURE_ONLY);
}

/** What an answer needs that is no document: nothing of it is run, and no other site may embed it. Posts and streams come by the thousand, so no more than that. */
const FOR_DATA = Object.entries({
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** Headers of an answer that is text or JSON. */
export function setDataHeaders(ctx: Context): void {
  for (const [name, value] of FOR_DATA) ctx.res.setHeader(name, value);
  if (ctx.secure) ctx.set(...SECURE_ONLY);
}

/** The same as lines of a head, for a stream of events, which writes its own. */
export const dataHeaderLines = (ctx: Context): string => (ctx.secure ? SECURE_LINES : DATA_LINES);

/** Headers as lines of a head. */
export const headerLines = (headers: readonly (readonly [string, string])[]): string =>
  headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
const DATA_LINES = headerLines(FOR_DATA);
const SECURE_LINES = headerLines([...FOR_DATA, SECURE_ONLY]);

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site makes a browser send: unsafe methods, and streams, with a foreign Sec-Fetch-Site or Origin.
 * Requests with neither (curl, lynx) pass: they carry no cookie that another site could ride on (SameSite=Lax).
 */
export const refuseCrossOrigin =
  (config: Pick<Config, 'publicUrl'>): Middleware =>
  async (ctx, next) => {
    if (!SAFE.has(ctx.method) && isForeign(ctx, config)) throw foreign();
    await next();
  };

/** The same for hot routes. Errors: `forbidden`. */
export function checkOrigin(ctx: Context, config: Pick<Config, 'publicUrl'>): void {
  if (isForeign(ctx, config)) throw foreign();
}

const foreign = () =>
  forbidden('This request comes from another site. If that is not so, the operator must set PUBLIC_URL to the address you use.');

function isForeign(ctx: Context, config: Pick<Config, 'publicUrl'>): boolean {
  const site = ctx.get('Sec-Fetch-Site');
  const origin = ctx.get('Origin');
  if (origin !== '' && origin === originOf(ctx, config)) return false;
  if (site !== '') return site !== 'same-origin' && site !== 'none';
  return origin !== '';
}
