import { isIP } from 'node:net';
import { basePathOf } from './base-path.ts';
import { textOf } from './config-files.ts';
import {
  anything,
  bearer,
  ConfigError,
  contact,
  count,
  dataFolder,
  encryptionKeys,
  flag,
  headerName,
  hosts,
  isHostOrNetwork,
  isNetwork,
  isPair,
  issuer,
  keys,
  list,
  matching,
  oneOf,
  type Reader,
  type Setting,
  scopes,
  sender,
  siteUrl,
  socketPath,
  url,
} from './config-readers.ts';

export { ConfigError } from './config-readers.ts';

/** All settings, read once from the environment and frozen. Sizes in bytes, rates per second. */
export type Config = {
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket to listen on, instead of host and port. */
  readonly listen: string | undefined;
  /** Default: `data` in the folder of the program, whatever the working directory; of an installed npm package, which npm may replace, `parley-data` in the working directory. */
  readonly dataDir: string;
  /** Undefined: embedded SQLite in dataDir. */
  readonly mongodbUrl: string | undefined;
  /** Undefined: in-process bus. Several URLs separated by commas are the nodes of a cluster. */
  readonly redisUrl: string | undefined;
  readonly workers: number;
  /** Where people open the site, for links and the origin check: an origin, with a path where the site is below one; no slash at the end. Undefined: taken from each request. */
  readonly publicUrl: string | undefined;
  /** The path of publicUrl: '' or such as `/chat`. */
  readonly basePath: string;
  /** Host names and addresses, as in a Host header without port, besides those of loopback, `host` and publicUrl. `*`: any. */
  readonly allowedHosts: readonly string[];
  /** Whether HSTS holds for the names below that of publicUrl too. */
  readonly hstsSubdomains: boolean;
  /** Newest first; empty: one key is generated and kept in the store. */
  readonly secretKeys: readonly string[];
  /** `<id>:<base64 of 32 bytes>`, newest first; empty: nothing is encrypted at rest. */
  readonly encryptionKeys: readonly string[];
  /** These two are undefined where administrators choose. */
  readonly signup: 'open' | 'code' | 'closed' | undefined;
  readonly siteName: string | undefined;
  /** Who must log in with a second factor. */
  readonly requireSecondFactor: 'off' | 'admins' | 'all';
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
  /** Bytes of the files of one person or bot, and of all files. 0: no limit. */
  readonly maxFilesBytesPerUser: number;
  readonly maxFilesBytes: number;
  /** Days after which messages of groups, and of direct conversations, are erased. 0: never. */
  readonly retentionDays: number;
  readonly retentionDirectDays: number;
  /** Every group is on legal hold. */
  readonly legalHold: boolean;
  /** 0: no limit. */
  readonly streamsPerUser: number;
  /** 0: no limit. Bursts may be three times as large. */
  readonly postsPerSecond: number;
  /** Open connections of one process. 0: no limit. */
  readonly maxConnections: number;
  /** Open connections of one address over which nobody is logged in, per process. 0: no limit. */
  readonly connectionsPerAddress: number;
  readonly allowOutgoing: readonly string[];
  /** Contact for push services (`mailto:` or `https:`); undefined: derived from the host of publicUrl. */
  readonly pushContact: string | undefined;
  /** The server that mails are sent by; undefined: no mail. */
  readonly smtpUrl: string | undefined;
  /** Who mails are from. */
  readonly mailFrom: string;
  readonly trustProxy: boolean;
  /** OpenID Connect: the issuer's URL; undefined: no log-in by it. */
  readonly oidcIssuer: string | undefined;
  readonly oidcClientId: string | undefined;
  /** Undefined: a public client. */
  readonly oidcClientSecret: string | undefined;
  /** What the log-in page calls the provider. */
  readonly oidcName: string;
  readonly oidcScopes: string;
  /** The claim with the provider's groups of a person. */
  readonly oidcGroupsClaim: string;
  /** `<value of that claim>=<slug of a group>`. */
  readonly oidcGroups: readonly string[];
  /** Whether an account with the provider's name of a person is that person's. */
  readonly oidcTrustNames: boolean;
  /** The request header in which a proxy names the person that it has logged in; undefined: none. */
  readonly authProxyHeader: string | undefined;
  /** Addresses and networks of that proxy. */
  readonly authProxyFrom: readonly string[];
  /** Where that proxy logs out. */
  readonly authProxyLogoutUrl: string | undefined;
  /** Which programs people may connect besides those that administrators add: none, those with a metadata document, also those that register. */
  readonly oauthRegistration: 'off' | 'metadata' | 'open';
  /** Bearer token for /metrics; undefined: only requests from this machine may read it. */
  readonly metricsToken: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type { Setting };

/** Called for each setting. */
type Note = (setting: Setting) => void;

/** Parses the variables; an empty one counts as unset. A secret may be in the file that `<NAME>_FILE` names. Throws ConfigError, which names every invalid variable without its value (it may be a secret). */
export function readConfig(env: Environment = process.env, note: Note = () => {}): Config {
  const problems: string[] = [];
  function read<T extends Setting['value'], D extends Setting['value']>(name: string, { take, otherwise }: Reader<T>, absent: D): T | D {
    const found = textOf(env, name);
    if ('problem' in found) problems.push(found.problem);
    const text = 'problem' in found ? '' : found.text;
    const value = text === '' ? absent : take(text);
    if (value === undefined && text !== '') problems.push(`${name} ${otherwise}`);
    note({ name, value, source: text === '' ? 'default' : env[name] ? 'environment' : 'file' });
    return value ?? absent;
  }

  const settings: Omit<Config, 'basePath'> = {
    host: read('HOST', anything, '127.0.0.1'),
    port: read('PORT', count(0, 65535), 3000),
    listen: read('LISTEN', socketPath, undefined),
    dataDir: read('DATA_DIR', anything, dataFolder(import.meta.dirname)),
    mongodbUrl: read('MONGODB_URL', url(/^mongodb(\+srv)?:\/\/.+/, 'mongodb://host/parley'), undefined),
    redisUrl: read('REDIS_URL', url(/^rediss?:\/\/.+/, 'redis://host:6379'), undefined),
    workers: read('WEB_CONCURRENCY', count(1, 256), 1),
    publicUrl: read('PUBLIC_URL', siteUrl, undefined),
    allowedHosts: read('ALLOWED_HOSTS', hosts, []),
    hstsSubdomains: read('HSTS_SUBDOMAINS', flag, false),
    secretKeys: read('SECRET_KEYS', keys, []),
    encryptionKeys: read('ENCRYPTION_KEYS', encryptionKeys, []),
    signup: read('SIGNUP', oneOf('open', 'code', 'closed'), undefined),
    siteName: read('SITE_NAME', anything, undefined),
    requireSecondFactor: read('REQUIRE_SECOND_FACTOR', oneOf('off', 'admins', 'all'), 'off'),
    maxBodyBytes: read('MAX_BODY_BYTES', count(1, 1_000_000), 65_536),
    maxUploadBytes: read('MAX_UPLOAD_BYTES', count(1, 2 ** 40), 26_214_400),
    maxFilesBytesPerUser: read('MAX_FILES_BYTES_PER_USER', count(0, 2 ** 50), 0),
    maxFilesBytes: read('MAX_FILES_BYTES', count(0, 2 ** 50), 0),
    retentionDays: read('RETENTION_DAYS', count(0, 36_500), 0),
    retentionDirectDays: read('RETENTION_DIRECT_DAYS', count(0, 36_500), 0),
    legalHold: read('LEGAL_HOLD', flag, false),
    streamsPerUser: read('STREAMS_PER_USER', count(0, 1_000_000), 50),
    postsPerSecond: read('POSTS_PER_SECOND', count(0, 1_000_000), 20),
    maxConnections: read('MAX_CONNECTIONS', count(0, 10_000_000), 100_000),
    connectionsPerAddress: read('MAX_CONNECTIONS_PER_ADDRESS', count(0, 10_000_000), 2000),
    allowOutgoing: read(
      'ALLOW_OUTGOING',
      list(isHostOrNetwork, 'needs host names or networks such as ci.internal or 10.0.0.0/8, separated by commas'),
      [],
    ),
    pushContact: read('PUSH_CONTACT', contact, undefined),
    smtpUrl: read('SMTP_URL', url(/^smtps?:\/\/[^\s/]+/, 'smtps://user:password@mail.example.org'), undefined),
    mailFrom: read('MAIL_FROM', sender, ''),
    trustProxy: read('TRUST_PROXY', flag, false),
    oidcIssuer: read('OIDC_ISSUER', issuer, undefined),
    oidcClientId: read('OIDC_CLIENT_ID', matching(/^[\x21-\x7e]{1,200}$/, 'must have 1 to 200 characters without spaces'), undefined),
    oidcClientSecret: read('OIDC_CLIENT_SECRET', anything, undefined),
    oidcName: read('OIDC_NAME', matching(/^.{1,40}$/u, 'must have 1 to 40 characters'), 'your organisation'),
    oidcScopes: read('OIDC_SCOPES', scopes, 'openid profile email'),
    oidcGroupsClaim: read('OIDC_GROUPS_CLAIM', anything, 'groups'),
    oidcGroups: read(
      'OIDC_GROUPS',
      list(isPair, "needs pairs of the provider's group and the slug of a group, such as staff=lobby, separated by commas"),
      [],
    ),
    oidcTrustNames: read('OIDC_TRUST_NAMES', flag, false),
    authProxyHeader: read('AUTH_PROXY_HEADER', headerName, undefined),
    authProxyFrom: read(
      'AUTH_PROXY_FROM',
      list(isNetwork, 'needs addresses or networks such as 10.0.0.7 or 10.1.0.0/16, separated by commas'),
      [],
    ),
    authProxyLogoutUrl: read('AUTH_PROXY_LOGOUT_URL', url(/^https?:\/\/[^\s]+$/, 'https://login.example.org/logout'), undefined),
    oauthRegistration: read('OAUTH_REGISTRATION', oneOf('off', 'metadata', 'open'), 'off'),
    metricsToken: read('METRICS_TOKEN', bearer, undefined),
    logLevel: read('LOG_LEVEL', oneOf('debug', 'info', 'warn', 'error', 'silent'), 'info'),
  };
  const config: Config = { ...settings, basePath: basePathOf(settings.publicUrl) };
  const isAlone = config.mongodbUrl === undefined || config.redisUrl === undefined;
  if (problems.length === 0 && config.workers > 1 && isAlone)
    problems.push('WEB_CONCURRENCY more than 1 needs both MONGODB_URL and REDIS_URL: the embedded database admits one server');
  if (problems.length === 0 && (config.oidcIssuer === undefined) !== (config.oidcClientId === undefined))
    problems.push('OIDC_ISSUER and OIDC_CLIENT_ID need each other');
  if (problems.length === 0 && (config.authProxyHeader === undefined) !== (config.authProxyFrom.length === 0))
    problems.push('AUTH_PROXY_HEADER and AUTH_PROXY_FROM need each other: the header counts only from the addresses of the proxy');
  if (problems.length === 0 && config.smtpUrl !== undefined && config.publicUrl === undefined)
    problems.push('SMTP_URL needs PUBLIC_URL: mails have links to this server');
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    ...config,
    mailFrom: config.mailFrom || `Parley <no-reply@${new URL(config.publicUrl ?? 'http://localhost').hostname}>`,
  });
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a server that listens on `host` listens on all addresses of the machine. */
export const isEveryAddress = (host: string): boolean => host === '0.0.0.0' || host === '::';
