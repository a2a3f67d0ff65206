import { isIP } from 'node:net';
import { z } from 'zod';

/** Everything that can be set, read once from the environment and frozen. Sizes in bytes, rates per second. */
export type Config = {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Undefined: embedded SQLite in dataDir. */
  readonly mongodbUrl: string | undefined;
  /** Undefined: in-process bus. Several, separated by commas, are the nodes of a cluster. */
  readonly redisUrl: string | undefined;
  readonly workers: number;
  /** Origin for links and the origin check; undefined: taken from each request. */
  readonly publicUrl: string | undefined;
  /** Newest first; empty: made once and kept in the store. */
  readonly secretKeys: readonly string[];
  readonly encryptionKeys: readonly string[];
  readonly signup: 'open' | 'code' | 'closed';
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
  /** 0: no limit. */
  readonly streamsPerUser: number;
  /** 0: no limit. Bursts of three times as many are taken. */
  readonly postsPerSecond: number;
  readonly allowOutgoing: readonly string[];
  readonly trustProxy: boolean;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** A start that cannot go on: the message names every bad variable, one per line. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`Parley cannot start with these settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
const count = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number from ${min} to ${max}`);
const flag = z.enum(['on', 'off', '1', '0', 'true', 'false'], 'must be on or off').transform((text) => /^(on|1|true)$/.test(text));
const url = (protocol: RegExp, example: string) => z.string().regex(protocol, `must look like ${example}`);
const origin = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:\/\/[^/]+\/?$/.test(text), 'must be an origin such as https://chat.example.org')
  .transform((text) => new URL(text).origin);
const keys = list.refine((all) => all.every((key) => key.length >= 32), 'needs keys of at least 32 characters, separated by commas');
const aesKeys = list.refine(
  (all) => all.every((key) => Buffer.from(key, 'base64').length === 32),
  'needs base64 of 32 bytes each, separated by commas',
);

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: count(0, 65535).default(3000),
  DATA_DIR: z.string().min(1).default('./data'),
  MONGODB_URL: url(/^mongodb(\+srv)?:\/\/.+/, 'mongodb://host/parley').optional(),
  REDIS_URL: url(/^rediss?:\/\/.+/, 'redis://host:6379').optional(),
  WEB_CONCURRENCY: count(1, 256).default(1),
  PUBLIC_URL: origin.optional(),
  SECRET_KEYS: keys.default([]),
  ENCRYPTION_KEYS: aesKeys.default([]),
  SIGNUP: z.enum(['open', 'code', 'closed'], 'must be open, code or closed').default('open'),
  MAX_BODY_BYTES: count(1, 1_000_000).default(65_536),
  MAX_UPLOAD_BYTES: count(1, 2 ** 40).default(26_214_400),
  STREAMS_PER_USER: count(0, 1_000_000).default(50),
  POSTS_PER_SECOND: count(0, 1_000_000).default(20),
  ALLOW_OUTGOING: list.default([]),
  TRUST_PROXY: flag.default(false),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent').default('info'),
});

/** Parses the variables; an empty one counts as not set. Throws ConfigError naming every bad one, without its value (it may be a secret). */
export function readConfig(env: Environment = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  const v = parsed.data;
  if (v.WEB_CONCURRENCY > 1 && !(v.MONGODB_URL && v.REDIS_URL))
    throw new ConfigError(['WEB_CONCURRENCY more than 1 needs both MONGODB_URL and REDIS_URL: the embedded database admits one server']);
  return Object.freeze({
    host: v.HOST,
    port: v.PORT,
    dataDir: v.DATA_DIR,
    mongodbUrl: v.MONGODB_URL,
    redisUrl: v.REDIS_URL,
    workers: v.WEB_CONCURRENCY,
    publicUrl: v.PUBLIC_URL,
    secretKeys: v.SECRET_KEYS,
    encryptionKeys: v.ENCRYPTION_KEYS,
    signup: v.SIGNUP,
    maxBodyBytes: v.MAX_BODY_BYTES,
    maxUploadBytes: v.MAX_UPLOAD_BYTES,
    streamsPerUser: v.STREAMS_PER_USER,
    postsPerSecond: v.POSTS_PER_SECOND,
    allowOutgoing: v.ALLOW_OUTGOING,
    trustProxy: v.TRUST_PROXY,
    logLevel: v.LOG_LEVEL,
  });
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
