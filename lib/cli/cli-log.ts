import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';

/** The log of a command: a line on standard error, with `isJson` an object, for what the operator should know, at LOG_LEVEL but never more than warnings. */
export function openCliLog({ logLevel }: Pick<Config, 'logLevel'>, isJson: boolean): Logger {
  const quiet = (): void => {};
  const say = (fields: object, message: string): void => {
    const cause = 'err' in fields && fields.err instanceof Error ? `: ${fields.err.message}` : '';
    const line = `${message}${cause}`;
    process.stderr.write(isJson ? `${JSON.stringify({ warning: line })}\n` : `parley: ${line}\n`);
  };
  return {
    debug: quiet,
    info: quiet,
    warn: logLevel === 'error' || logLevel === 'silent' ? quiet : say,
    error: logLevel === 'silent' ? quiet : say,
  };
}
