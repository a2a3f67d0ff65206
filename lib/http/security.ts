import type { Context, Middleware } from 'koa';
import type { Config } from '../config.ts';
import { forbidden } from '../errors.ts';
import { systemRandom } from '../ids.ts';
import { t } from '../language/text.ts';
import { siteUrlOf, stateOf } from './context.ts';

/** Where browsers send reports of violations. */
export const CSP_REPORTS = '/csp-reports';

const policy = (nonce: string, { basePath }: Settings): string =>
  `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'; ${REST_OF_POLICY}; report-uri ${basePath}${CSP_REPORTS}`;

const REST_OF_POLICY = [
  "img-src 'self' data:",
  "media-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
].join('; ');

/** The Reporting API, which browsers use over https only, and then in place of `report-uri` (W3C Reporting, Content Security Policy 3). */
const REPORT_TO = '; report-to csp';
const endpoints = ({ basePath }: Settings): Header => ['Reporting-Endpoints', `csp="${basePath}${CSP_REPORTS}"`];

type Settings = Pick<Config, 'hstsSubdomains' | 'basePath'>;

type Header = readonly [name: string, value: string];

const HSTS: Header = ['Strict-Transport-Security', 'max-age=31536000'];
const HSTS_ALL: Header = [HSTS[0], `${HSTS[1]}; includeSubDomains`];
/** Sent over https only (RFC 6797, section 7.2). */
const hsts = ({ hstsSubdomains }: Pick<Settings, 'hstsSubdomains'>): Header => (hstsSubdomains ? HSTS_ALL : HSTS);

/** Browser features that no page uses, and that an opened file must not use. Notifications, clipboard and full screen keep their defaults. */
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

/** Sets the headers of every response: a strict Content-Security-Policy, no sniffing, no referrer, no framing by other sites, no device features. */
export const secureHeaders =
  (config: Settings): Middleware =>
  (ctx, next) => {
    setSecureHeaders(ctx, config);
    return next();
  };

export function setSecureHeaders(ctx: Context, config: Settings): void {
  const nonce = Buffer.from(systemRandom(16)).toString('base64');
  stateOf(ctx).nonce = nonce;
  ctx.res.setHeader('Content-Security-Policy', ctx.secure ? `${policy(nonce, config)}${REPORT_TO}` : policy(nonce, config));
  for (const [name, value] of SAME_FOR_ALL) ctx.res.setHeader(name, value);
  if (!ctx.secure) return;
  ctx.set(...hsts(config));
  ctx.set(...endpoints(config));
}

/** Lets the form of this page be answered by a redirect to this source: browsers apply `form-action` to redirects too. */
export function admitFormTarget(ctx: Context, source: string): void {
  replaceInPolicy(ctx, "form-action 'self'", `form-action 'self' ${source}`);
}

/** Forbids other pages of this site to frame this one as well: no click on it can be led elsewhere. */
export function forbidFraming(ctx: Context): void {
  replaceInPolicy(ctx, "frame-ancestors 'self'", "frame-ancestors 'none'");
  ctx.set('X-Frame-Options', 'DENY');
}

function replaceInPolicy(ctx: Context, directive: string, by: string): void {
  ctx.set('Content-Security-Policy', String(ctx.response.get('Content-Security-Policy')).replace(directive, by));
}

/** The minimal headers of text, JSON and streams: nothing is executed, and no other site may embed it. Few, since posts and streams are frequent. */
const FOR_DATA = Object.entries({
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** Sets the headers of a text or JSON response. */
export function setDataHeaders(ctx: Context, config: Pick<Settings, 'hstsSubdomains'>): void {
  for (const [name, value] of FOR_DATA) ctx.res.setHeader(name, value);
  if (ctx.secure) ctx.set(...hsts(config));
}

/** The same headers as lines, for a stream, which writes its own head. */
export const dataHeaderLines = (ctx: Context, { hstsSubdomains }: Pick<Settings, 'hstsSubdomains'>): string =>
  !ctx.secure ? DATA_LINES : hstsSubdomains ? SECURE_LINES_ALL : SECURE_LINES;

/** Headers as lines of an HTTP head. */
export const headerLines = (headers: readonly (readonly [string, string])[]): string =>
  headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
const DATA_LINES = headerLines(FOR_DATA);
const SECURE_LINES = headerLines([...FOR_DATA, HSTS]);
const SECURE_LINES_ALL = headerLines([...FOR_DATA, HSTS_ALL]);

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses cross-site requests (CSRF): unsafe methods with a foreign Sec-Fetch-Site or Origin. Requests with neither header (curl, lynx)
 * pass; SameSite=Lax protects their cookies.
 */
export const refuseCrossOrigin =
  (config: Pick<Config, 'publicUrl'>): Middleware =>
  async (ctx, next) => {
    if (!SAFE.has(ctx.method) && isForeign(ctx, config)) throw foreign();
    await next();
  };

/** The same check for fast-path routes and streams. Errors: `forbidden`. */
export function checkOrigin(ctx: Context, config: Pick<Config, 'publicUrl'>): void {
  if (isForeign(ctx, config)) throw foreign();
}

const foreign = () =>
  forbidden(t`This request comes from another site. If it does not, the operator must set PUBLIC_URL to the address that you use.`);

function isForeign(ctx: Context, config: Pick<Config, 'publicUrl'>): boolean {
  const site = ctx.get('Sec-Fetch-Site');
  const origin = ctx.get('Origin');
  if (origin !== '' && origin === new URL(siteUrlOf(ctx, config)).origin) return false;
  if (site !== '') return site !== 'same-origin' && site !== 'none';
  return origin !== '';
}
