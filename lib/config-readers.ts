import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { basePathOf, OWN_SEGMENTS } from './base-path.ts';

/** A setting as it is in effect. `source`: where its value comes from. */
export type Setting = {
  readonly name: string;
  readonly value: string | number | boolean | readonly string[] | undefined;
  readonly source: 'default' | 'environment' | 'file';
};

/** Invalid settings: the message names every invalid variable, one per line. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`Parley cannot start with these settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Parses the text of a variable. `take` returns undefined for an invalid text; `otherwise` is the error message, after the name of the variable. */
export type Reader<T> = { readonly take: (text: string) => T | undefined; readonly otherwise: string };

export const anything: Reader<string> = { take: (text) => text, otherwise: '' };

export const matching = (pattern: RegExp, otherwise: string): Reader<string> => ({
  take: (text) => (pattern.test(text) ? text : undefined),
  otherwise,
});

export const url = (protocol: RegExp, example: string): Reader<string> => matching(protocol, `must look like ${example}`);

export const count = (min: number, max: number): Reader<number> => ({
  take: (text) => (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined),
  otherwise: `must be a whole number from ${min} to ${max}`,
});

export const oneOf = <T extends string>(...words: readonly T[]): Reader<T> => ({
  take: (text) => words.find((word) => word === text),
  otherwise: `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
});

const YES = ['on', '1', 'true'];
const NO = ['off', '0', 'false'];
export const flag: Reader<boolean> = {
  take: (text) => (YES.includes(text) ? true : NO.includes(text) ? false : undefined),
  otherwise: 'must be on or off',
};

/** Segments of a path that need no escapes, and are none of Parley's own first ones. */
const SITE_PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;

function siteUrlIn(text: string): string | undefined {
  const parsed = /^https?:\/\/[^/?#\s@]+(?:\/[^?#\s]*)?$/.test(text) ? URL.parse(text) : null;
  if (!parsed) return undefined;
  const path = basePathOf(parsed.href);
  return SITE_PATH.test(path) && !OWN_SEGMENTS.has(path.split('/', 2)[1] ?? '') ? parsed.origin + path : undefined;
}

export const siteUrl: Reader<string> = {
  take: siteUrlIn,
  otherwise:
    'must be an address such as https://chat.example.org or https://example.org/chat, where the path does not begin like one of Parley (/groups)',
};

const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

export const list = (isGood: (part: string) => boolean, otherwise: string): Reader<readonly string[]> => ({
  take: (text) => (partsOf(text).every(isGood) ? partsOf(text) : undefined),
  otherwise,
});

export const keys = list((key) => key.length >= 32, 'needs keys of at least 32 characters, separated by commas');
const ENCRYPTION_KEY = /^([A-Za-z0-9_-]{1,32}):[A-Za-z0-9+/]{43}=$/;
export const encryptionKeys: Reader<readonly string[]> = {
  take(text) {
    const ids = partsOf(text).map((part) => ENCRYPTION_KEY.exec(part)?.[1]);
    return ids.includes(undefined) || new Set(ids).size < ids.length ? undefined : partsOf(text);
  },
  otherwise:
    'needs keys as parley encrypt keygen prints them, <id>:<base64 of 32 bytes>, separated by commas; ids have 1 to 32 characters of A-Z a-z 0-9 _ -, each once',
};
/** A host name, an IP address, or a network in CIDR notation (RFC 4632). A scheme, a port or a wildcard is invalid, since it would be ignored. */
export function isHostOrNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0) return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
  if (rest.length > 0 || address.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** An address or a network. */
export const isNetwork = (text: string): boolean => isIP(text.split('/', 1)[0] ?? '') !== 0 && isHostOrNetwork(text);

/** As a browser sends it: lower case, punycode, an IPv6 address in brackets. Undefined unless it is a host name, an address or `*`. */
function hostHeaderOf(text: string): string | undefined {
  if (text === '*') return text;
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) === 0 && (bare !== text || text.includes('/') || !isHostOrNetwork(text))) return undefined;
  return URL.parse(`http://${isIP(bare) === 6 ? `[${bare}]` : bare}/`)?.hostname.replace(/\.$/, '');
}

export const hosts: Reader<readonly string[]> = {
  take: (text) => {
    const found = partsOf(text).map(hostHeaderOf);
    return found.every((host) => host !== undefined) ? found : undefined;
  },
  otherwise: 'needs host names or addresses such as chat.lan or 192.168.1.20, separated by commas, or *',
};

const HOST_NAME = /^(?=.{1,253}$)[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?\.?$/u;

/** The kernel takes 107 bytes (unix(7)). */
export const socketPath: Reader<string> = {
  take: (text) => (/^\/[^\0]*[^/\0]$/.test(text) && Buffer.byteLength(text) <= 107 ? text : undefined),
  otherwise: 'must be the absolute path of a Unix socket, 107 bytes at most',
};

/** A bearer token (RFC 6750, section 2.1). */
export const bearer = matching(/^[A-Za-z0-9._~+/-]{16,512}=*$/, 'must have 16 to 512 characters of A-Z a-z 0-9 - . _ ~ + /');

/** Not one that has a meaning of its own. */
export const headerName = matching(
  /^(?!(?:authorization|cookie|host|origin|referer|content-.*|accept.*|x-forwarded-(?:for|host|proto))$)[A-Za-z0-9-]{1,64}$/i,
  'must be a header of its own such as X-Forwarded-User or Remote-User',
);

/** The `sub` of a VAPID token (RFC 8292, section 2.1). */
export const contact = matching(
  /^(?:mailto:[^\s@,<>"]+@[^\s@,<>"]+|https:\/\/[^\s@,<>"]+)$/,
  'must be an address such as mailto:admin@example.org or https://example.org/contact',
);

/** The default of DATA_DIR, by the folder of this program. */
export const dataFolder = (own: string): string => (/[/\\]node_modules[/\\]/.test(own) ? resolve('parley-data') : join(own, '../data'));

/** The issuer of OpenID Connect: https, on this machine also http. */
export const issuer: Reader<string> = {
  take: (text) => (/^https:\/\/[^\s?#]+$|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/][^\s?#]*)?$/.test(text) ? text : undefined),
  otherwise: 'must be an https URL such as https://login.example.org/realms/staff',
};

/** Scopes of OpenID Connect. */
export const scopes = matching(/^(?:.* )?openid(?: .*)?$/, 'needs openid, and may have more scopes, separated by spaces');

/** `<value>=<slug of a group>`. */
export const isPair = (text: string): boolean => /^[^=]+=[\w-]+$/u.test(text);

/** An address, or a name and an address (RFC 5322, section 3.4). */
export const sender = matching(
  /^(?:[^\s@<>",;]+@[^\s@<>",;]+|[^<>"@,;:\\()[\]\p{C}]{1,60} <[^\s@<>",;]+@[^\s@<>",;]+>)$/u,
  'must be an address such as chat@example.org or Example Chat <chat@example.org>',
);
