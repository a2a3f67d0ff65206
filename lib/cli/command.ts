import { type Command, InvalidArgumentError } from 'commander';
import type { CoreOptions, OpenCore } from '../open-core.ts';
import { type Out, openOut } from './out.ts';

/** What a command works with, besides its arguments and options. */
export type Session = { readonly core: OpenCore; readonly out: Out };

/** `isJson`: what is logged is JSON too. */
type VisitorOptions = Pick<CoreOptions, 'now' | 'mustExist'> & { readonly isJson?: boolean };

/**
 * An action over an open core, beside a server that may be running. The core is closed afterwards, whatever happens. Rejects with
 * StoreMissing where there is no store, unless `mustExist` is false: only what begins a chat (its first account or group) creates one.
 */
export function withCore<Args extends unknown[]>(
  act: (session: Session, ...args: Args) => Promise<void>,
  { mustExist = true }: Pick<VisitorOptions, 'mustExist'> = {},
) {
  return async function (this: Command, ...args: Args): Promise<void> {
    const out = outOf(this);
    const core = await openVisitor({ mustExist, isJson: out.json });
    try {
      await act({ core, out }, ...args);
    } finally {
      await core.close();
    }
  };
}

/** Opens what the environment names. Standard output is for results: the log goes to standard error, warnings at most. */
export async function openVisitor({ isJson = false, ...options }: VisitorOptions = {}): Promise<OpenCore> {
  const [{ readConfig }, { openCore }, { openCliLog }] = await Promise.all([
    import('../config.ts'),
    import('../open-core.ts'),
    import('./cli-log.ts'),
  ]);
  const config = readConfig();
  return openCore(config, { role: 'visitor', logger: openCliLog(config, isJson), ...options });
}

/** Where a command puts its results, by the global option --json. */
export const outOf = (command: Command): Out => openOut(command.optsWithGlobals<{ json?: true }>().json === true);

/** Adds the part of --help that shows how the command is used. */
export const example = (command: Command, ...lines: readonly string[]): Command =>
  command.addHelpText('after', `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`);

/** A parser of an option that is a whole number from 0. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
