import { type Command, InvalidArgumentError } from 'commander';
import type { CoreOptions, OpenCore } from '../open-core.ts';
import { type Out, openOut } from './out.ts';

/** What a command gets besides its arguments and options. */
export type Session = { readonly core: OpenCore; readonly out: Out };

/** `isJson`: write the log as JSON too. */
type VisitorOptions = Pick<CoreOptions, 'now' | 'mustExist'> & { readonly isJson?: boolean };

/**
 * Runs an action with an open core and always closes it afterwards. A server may be running. Rejects with StoreMissing if there is no store,
 * unless `mustExist` is false: only commands that create the first account or group create a store.
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

/** Opens a core with the settings of the environment. It logs only warnings and errors, to standard error: standard output is for results. */
export async function openVisitor({ isJson = false, ...options }: VisitorOptions = {}): Promise<OpenCore> {
  const [{ readConfig }, { openCore }, { openCliLog }] = await Promise.all([
    import('../config.ts'),
    import('../open-core.ts'),
    import('./cli-log.ts'),
  ]);
  const config = readConfig();
  return openCore(config, { role: 'visitor', logger: openCliLog(config, isJson), ...options });
}

/** The output of a command: JSON with the global option --json, else text. */
export const outOf = (command: Command): Out => openOut(command.optsWithGlobals<{ json?: true }>().json === true);

/** Adds examples to the --help of a command. */
export const example = (command: Command, ...lines: readonly string[]): Command =>
  command.addHelpText('after', `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`);

/** Parses an option that is a whole number of at least 0. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Must be a whole number.');
  return Number(text);
}
