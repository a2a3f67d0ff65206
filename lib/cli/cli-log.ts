import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';

/** The logger of a command: one line, or with `isJson` one object, on standard error per warning or error, as LOG_LEVEL allows. */
export function openCliLog({ logLevel }: Pick<Config, 'logLevel'>, isJson: boolean): Logger {
  const quiet = (): void => {};
  const write = (fields: object, message: string): void => {
    const cause = 'err' in fields && fields.err instanceof Error ? `: ${fields.err.message}` : '';
    const line = `${message}${cause}`;
    process.stderr.write(isJson ? `${JSON.stringify({ warning: line })}\n` : `parley: ${line}\n`);
  };
  return {
    debug: quiet,
    info: quiet,
    warn: logLevel === 'error' || logLevel === 'silent' ? quiet : write,
    error: logLevel === 'silent' ? quiet : write,
  };
}
