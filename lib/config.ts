import { isIP } from 'node:net';
import { join } from 'node:path';

/** All settings, read once from the environment and frozen. Sizes in bytes, rates per second. */
export type Config = {
  readonly host: string;
  readonly port: number;
  /** Default: `data` in the folder of the program, whatever the working directory. */
  readonly dataDir: string;
  /** Undefined: embedded SQLite in dataDir. */
  readonly mongodbUrl: string | undefined;
  /** Undefined: in-process bus. Several URLs separated by commas are the nodes of a cluster. */
  readonly redisUrl: string | undefined;
  readonly workers: number;
  /** Origin for links and the origin check; undefined: taken from each request. */
  readonly publicUrl: string | undefined;
  /** Newest first; empty: one key is generated and kept in the store. */
  readonly secretKeys: readonly string[];
  readonly encryptionKeys: readonly string[];
  readonly signup: 'open' | 'code' | 'closed';
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
  /** 0: no limit. */
  readonly streamsPerUser: number;
  /** 0: no limit. Bursts may be three times as large. */
  readonly postsPerSecond: number;
  readonly allowOutgoing: readonly string[];
  /** Contact for push services (`mailto:` or `https:`); undefined: derived from the host of publicUrl. */
  readonly pushContact: string | undefined;
  readonly trustProxy: boolean;
  /** Bearer token for /metrics; undefined: only requests from this machine may read it. */
  readonly metricsToken: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Invalid settings: the message names every invalid variable, one per line. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`Parley cannot start with these settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Parses the text of a variable. `take` returns undefined for an invalid text; `otherwise` is the error message, after the name of the variable. */
type Reader<T> = { readonly take: (text: string) => T | undefined; readonly otherwise: string };

const anything: Reader<string> = { take: (text) => text, otherwise: '' };

const matching = (pattern: RegExp, otherwise: string): Reader<string> => ({
  take: (text) => (pattern.test(text) ? text : undefined),
  otherwise,
});

const url = (protocol: RegExp, example: string): Reader<string> => matching(protocol, `must look like ${example}`);

const count = (min: number, max: number): Reader<number> => ({
  take: (text) => (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined),
  otherwise: `must be a whole number from ${min} to ${max}`,
});

const oneOf = <T extends string>(...words: readonly T[]): Reader<T> => ({
  take: (text) => words.find((word) => word === text),
  otherwise: `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
});

const YES = ['on', '1', 'true'];
const NO = ['off', '0', 'false'];
const flag: Reader<boolean> = {
  take: (text) => (YES.includes(text) ? true : NO.includes(text) ? false : undefined),
  otherwise: 'must be on or off',
};

const origin: Reader<string> = {
  take: (text) => (/^https?:\/\/[^/]+\/?$/.test(text) ? URL.parse(text)?.origin : undefined),
  otherwise: 'must be an origin such as https://chat.example.org',
};

const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const list = (isGood: (part: string) => boolean, otherwise: string): Reader<readonly string[]> => ({
  take: (text) => (partsOf(text).every(isGood) ? partsOf(text) : undefined),
  otherwise,
});

const keys = list((key) => key.length >= 32, 'needs keys of at least 32 characters, separated by commas');
const aesKeys = list((key) => Buffer.from(key, 'base64').length === 32, 'needs base64 of 32 bytes each, separated by commas');
/** A host name, an IP address, or a network in CIDR notation (RFC 4632). A scheme, a port or a wildcard is invalid, since it would be ignored. */
function isHostOrNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0) return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
  if (rest.length > 0 || address.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const HOST_NAME = /^(?=.{1,253}$)[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?\.?$/u;

/** A bearer token (RFC 6750, section 2.1). */
const bearer = matching(/^[A-Za-z0-9._~+/-]{16,512}=*$/, 'must have 16 to 512 characters of A-Z a-z 0-9 - . _ ~ + /');

/** The `sub` of a VAPID token (RFC 8292, section 2.1). */
const contact = matching(
  /^(?:mailto:[^\s@,<>"]+@[^\s@,<>"]+|https:\/\/[^\s@,<>"]+)$/,
  'must be an address such as mailto:admin@example.org or https://example.org/contact',
);

/** Parses the variables; an empty one counts as unset. Throws ConfigError, which names every invalid variable without its value (it may be a secret). */
export function readConfig(env: Environment = process.env): Config {
  const problems: string[] = [];
  function read<T, D>(name: string, { take, otherwise }: Reader<T>, absent: D): T | D {
    const text = env[name] ?? '';
    if (text === '') return absent;
    const value = take(text);
    if (value === undefined) problems.push(`${name} ${otherwise}`);
    return value ?? absent;
  }

  const config: Config = {
    host: read('HOST', anything, '127.0.0.1'),
    port: read('PORT', count(0, 65535), 3000),
    dataDir: read('DATA_DIR', anything, join(import.meta.dirname, '../data')),
    mongodbUrl: read('MONGODB_URL', url(/^mongodb(\+srv)?:\/\/.+/, 'mongodb://host/parley'), undefined),
    redisUrl: read('REDIS_URL', url(/^rediss?:\/\/.+/, 'redis://host:6379'), undefined),
    workers: read('WEB_CONCURRENCY', count(1, 256), 1),
    publicUrl: read('PUBLIC_URL', origin, undefined),
    secretKeys: read('SECRET_KEYS', keys, []),
    encryptionKeys: read('ENCRYPTION_KEYS', aesKeys, []),
    signup: read('SIGNUP', oneOf('open', 'code', 'closed'), 'open'),
    maxBodyBytes: read('MAX_BODY_BYTES', count(1, 1_000_000), 65_536),
    maxUploadBytes: read('MAX_UPLOAD_BYTES', count(1, 2 ** 40), 26_214_400),
    streamsPerUser: read('STREAMS_PER_USER', count(0, 1_000_000), 50),
    postsPerSecond: read('POSTS_PER_SECOND', count(0, 1_000_000), 20),
    allowOutgoing: read(
      'ALLOW_OUTGOING',
      list(isHostOrNetwork, 'needs host names or networks such as ci.internal or 10.0.0.0/8, separated by commas'),
      [],
    ),
    pushContact: read('PUSH_CONTACT', contact, undefined),
    trustProxy: read('TRUST_PROXY', flag, false),
    metricsToken: read('METRICS_TOKEN', bearer, undefined),
    logLevel: read('LOG_LEVEL', oneOf('debug', 'info', 'warn', 'error', 'silent'), 'info'),
  };
  const isAlone = config.mongodbUrl === undefined || config.redisUrl === undefined;
  if (problems.length === 0 && config.workers > 1 && isAlone)
    problems.push('WEB_CONCURRENCY more than 1 needs both MONGODB_URL and REDIS_URL: the embedded database admits one server');
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
