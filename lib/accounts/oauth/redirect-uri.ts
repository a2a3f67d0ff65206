/** How many addresses one client may have, and how long each may be. */
export const MAX_REDIRECT_URIS = 10;
const MAX_LENGTH = 500;

/** http on this machine, of which programs choose the port when they start (RFC 8252, section 7.3). */
const LOOPBACK = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?(\/.*|\?.*)?$/;
/** Schemes that a browser handles by itself, most of them without leaving this site. */
const OF_BROWSERS =
  /^(?:javascript|data|vbscript|blob|file|filesystem|about|view-source|ws|wss|ftp|mailto|tel|sms|chrome|chrome-extension|moz-extension|resource):/i;
/** An app's own scheme: with a dot (RFC 8252, section 7.1), or followed by `//` as most have it. */
const OF_APP = /^(?:[a-z][a-z0-9+-]*\.[a-z0-9+.-]*:|[a-z][a-z0-9+-]*:\/\/)/;

/** Where a client may be answered: https, http on the same machine, or a scheme of an app; without fragment, user name and spaces. */
export function isRedirectUri(text: string): boolean {
  if (text.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(text) || text.includes('#') || /["<>\\^`{|}]/.test(text)) return false;
  const url = URL.parse(text);
  if (url?.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return /^https:\/\/[^/?]/.test(text);
  if (url.protocol === 'http:') return LOOPBACK.test(text);
  return OF_APP.test(text) && !OF_BROWSERS.test(text);
}

/** Whether `given` is one of those registered: the same text, but for the port on this machine. */
export const isRegistered = (registered: readonly string[], given: string): boolean =>
  isRedirectUri(given) && registered.some((one) => one === given || (LOOPBACK.test(one) && withoutPort(one) === withoutPort(given)));

/** An empty path is the same as `/` (RFC 3986, section 6.2.3). */
const withoutPort = (text: string): string => text.replace(LOOPBACK, (_, host: string, rest = '/') => host + rest);

/** Whether a program on the person's own machine is answered. */
export const isLoopbackUri = (uri: string): boolean => LOOPBACK.test(uri);

/** What people see of an address: its host, or the scheme of an app. */
export const shownTarget = (uri: string): string => (/^https?:/.test(uri) ? new URL(uri).host : new URL(uri).protocol);

/** The address as a source of a Content-Security-Policy, in which IPv6 addresses have no form. */
export function cspSource(uri: string): string {
  const { protocol, host } = new URL(uri);
  return /^https?:$/.test(protocol) && !host.startsWith('[') ? `${protocol}//${host}` : protocol;
}

/** The address with these parameters added to its query. Undefined ones are left out. */
export function withParameters(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `${uri}${uri.includes('?') ? '&' : '?'}${new URLSearchParams(given)}`;
}
