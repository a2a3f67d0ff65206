import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { OUR_OWN, PARLEY } from '../faults/load.ts';

type LogLine = { readonly worker?: number; readonly pid?: number; readonly msg: string; readonly level: number };

/** The program with workers, and its log lines. */
export type Parley = {
  readonly child: ChildProcess;
  /** Resolves to the URL once the program prints it. */
  readonly url: Promise<string>;
  /** Lines of advice on standard error. */
  readonly said: readonly string[];
  readonly log: readonly LogLine[];
  /** All other lines of standard error. */
  readonly errors: readonly string[];
  /** Resolves once `found` is true of the log, checked after each line of output; rejects when the program ends before. */
  until(found: (log: readonly LogLine[]) => boolean): Promise<void>;
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
};

/** The lines of advice that a started server prints. */
const ADVICE = /^(?:Parley is at|Nobody has an account yet|Set-up code)/;

/** Starts `bin/parley serve`; it is killed with the test. */
export function startParley(t: ExecutionContext, env: Readonly<Record<string, string>>): Parley {
  const ours = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OUR_OWN.includes(name)));
  const settings = { PORT: '0', POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0', LOG_LEVEL: 'info' };
  const child = spawn(PARLEY, ['serve'], { env: { ...ours, ...settings, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => void child.kill('SIGKILL')); // its workers end with it
  const [said, log, errors]: [string[], LogLine[], string[]] = [[], [], []];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  createInterface(child.stdout).on('line', (line) => {
    log.push(JSON.parse(line)); // a line that is not JSON fails the test
    wake();
  });
  createInterface(child.stderr).on('line', (line) => {
    (ADVICE.test(line) ? said : errors).push(line);
    wake();
  });
  const exited = once(child, 'exit') as Parley['exited'];
  const when = <T>(value: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = value();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void exited.then(([code]) => reject(new Error(`it ended with ${code}: ${errors.join('\n')}`)));
    });
  const url = when(() => said.flatMap((line) => /Parley is at (\S+)/.exec(line)?.[1] ?? [])[0]);
  url.catch(() => {}); // tests of a failing start read `exited`
  return { child, url, said, log, errors, exited, until: async (found) => void (await when(() => found(log) || undefined)) };
}

/** The pids of the processes that logged `listening`, in order. */
export const listeners = (log: readonly LogLine[]): number[] => log.flatMap(({ msg, pid }) => (msg === 'listening' && pid ? [pid] : []));
