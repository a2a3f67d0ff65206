/**
 * The path below which the site is served, from PUBLIC_URL: '' or such as `/chat`. Inside the program every URL path is without it. It is added where
 * paths leave: to the links of rendered HTML, to `Location`, and by the presenters to URLs in JSON and text.
 */
export const basePathOf = (publicUrl: string | undefined): string =>
  publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');

/** First segments of Parley's own paths. A base path that begins with one could not be told from a path without it. */
export const OWN_SEGMENTS: ReadonlySet<string> = new Set([
  '.well-known',
  'admin',
  'api',
  'avatars',
  'commands',
  'confirm-address',
  'csp-reports',
  'dev',
  'direct',
  'docs',
  'emoji',
  'events',
  'files',
  'forgot-password',
  'groups',
  'healthz',
  'hooks',
  'integrations',
  'invited',
  'join',
  'login',
  'logout',
  'manifest.webmanifest',
  'mcp',
  'me',
  'messages',
  'metrics',
  'oauth',
  'offline',
  'openapi.json',
  'people',
  'readyz',
  'reset-password',
  'robots.txt',
  'rooms',
  'saved',
  'scheduled',
  'search',
  'services',
  'settings',
  'share',
  'signup',
  'site-icon',
  'static',
  'sw.js',
  'switch',
  'threads',
  'unsubscribe',
]);

/** The path of a request without the base path; a path outside it is returned as it is, for proxies that remove it and for direct requests. */
export function withoutBase(url: string, basePath: string): string {
  if (basePath === '' || !url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}

/** Whether it is a path of this site: `//host` is another site. */
const isPath = (url: string): boolean => url.startsWith('/') && !url.startsWith('//');

/** Adds the base path to a path of this site; any other URL, and one that has it, is returned as it is. */
export const withBase = (url: string, basePath: string): string =>
  basePath === '' || !isPath(url) || withoutBase(url, basePath) !== url ? url : basePath + url;

/** Attributes whose value is a URL or a path. In text and in values a quotation mark is escaped, so that only attributes match. */
const LINKS =
  /(\s(?:href|src|action|formaction|poster|data-base|data-dot|data-later|hx-(?:get|post|put|patch|delete|sse:connect))=")(\/[^"]*)/g;

/** Adds the base path to the links of HTML that a template has rendered. */
export const withBaseInHtml = (html: string, basePath: string): string =>
  basePath === '' ? html : html.replace(LINKS, (_, attribute: string, url: string) => attribute + withBase(url, basePath));
