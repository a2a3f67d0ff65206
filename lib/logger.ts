import { pino } from 'pino';
import type { Config } from './config.ts';
import { currentRequest } from './request-scope.ts';
import type { Trace } from './trace.ts';

/** Writes JSON lines. `message` says what happened, `fields` has the data; neither may contain a token, a password, a body or a full URL. */
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
  '*.rawPacket', // in an error of Node's parser: the bytes of the request, cookies included
];

/** A logger on standard output. Fields whose names could hold a secret are redacted. Lines of a request have its trace; every line has the fields of `base`. */
export function openLogger(config: Pick<Config, 'logLevel'>, base: object | null = null): Logger {
  return pino({
    level: config.logLevel,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS, censor: '[redacted]' },
    mixin: () => traceFields(currentRequest()?.trace),
  });
}

/** The trace fields of a log line: `trace`, `span`, and the caller's span as `parent`. */
export const traceFields = (of: Trace | undefined): object =>
  of ? { trace: of.trace, span: of.span, ...(of.parent === undefined ? {} : { parent: of.parent }) } : {};

/** Path prefixes that are followed by a key. Repeated slashes, which some clients send after the host, also match. */
const SECRET_SEGMENT =
  /^\/+(hooks|services|join|confirm-address|reset-password|invited|unsubscribe|api(?:\/+[^/]+)?\/+webhooks|rooms\/[^/]*)\/[^?]*/i;
/** A bot key of the Campfire protocol, anywhere in the path. */
const BOT_KEY = /[0-9a-z]{16}(?:-|%2d)[A-Za-z0-9]{12}(?![A-Za-z0-9])/gi;

/** A path that is safe to log: without the query, and with keys redacted. */
export function loggablePath(path: string): string {
  return path.split('?', 1)[0]?.replace(SECRET_SEGMENT, '/$1/[redacted]').replace(BOT_KEY, '[redacted]') ?? '';
}
