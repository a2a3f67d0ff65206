import { pino } from 'pino';
import type { Config } from './config.ts';
import { currentTrace, type Trace } from './trace.ts';

/** JSON lines. Say what happened in `message` and put the facts in `fields`; never a token, a password, a body or a full URL. */
export type Logger = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

const SECRETS = [
  'password',
  'token',
  'cookie',
  'authorization',
  'code',
  'secret',
  'key',
  'body',
  '*.password',
  '*.token',
  '*.authorization',
  '*.cookie',
];

/** A logger on standard output; field names that could hold a secret are blanked whoever logs them. A line written for a request names its trace; every line has the fields of `base`. */
export function openLogger(config: Pick<Config, 'logLevel'>, base: object | null = null): Logger {
  return pino({
    level: config.logLevel,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS, censor: '[redacted]' },
    mixin: () => traceFields(currentTrace()),
  });
}

/** What a line says of the request it was written for: `trace` and `span`, and the caller's span as `parent`. */
export const traceFields = (of: Trace | undefined): object =>
  of ? { trace: of.trace, span: of.span, ...(of.parent === undefined ? {} : { parent: of.parent }) } : {};

/** What carries a key, and all behind it; a slash too many, as clients put one behind the host, changes nothing. */
const SECRET_SEGMENT = /^\/+(hooks|services|join|api(?:\/+[^/]+)?\/+webhooks|rooms\/[^/]*)\/[^?]*/i;
/** A bot's key for Campfire's calls, wherever a client has put it. */
const BOT_KEY = /[0-9a-z]{16}(?:-|%2d)[A-Za-z0-9]{12}(?![A-Za-z0-9])/gi;

/** A path as it may be logged: no query, and nothing past the door of those URLs that carry a key. */
export function loggablePath(path: string): string {
  return path.split('?', 1)[0]?.replace(SECRET_SEGMENT, '/$1/[redacted]').replace(BOT_KEY, '[redacted]') ?? '';
}
