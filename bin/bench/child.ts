import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { cores, familyOf } from './machine.ts';

/** A process of the benchmark. `pids`: itself and its descendants. */
export type Child = {
  readonly process: ChildProcess;
  readonly pids: () => number[];
  readonly stop: () => Promise<void>;
};

type Run = {
  /** Node.js by default. The program must keep its process id (exec), so that signals reach it. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Core to pin the process to; ignored if there is only one. */
  readonly on: 'server' | 'load';
  readonly ipc?: boolean;
};

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program, pinned to its core. */
export function start({ program = process.execPath, args, env = {}, on, ipc = false }: Run): Child {
  const layout = cores();
  const command = [...(layout ? ['taskset', '-c', String(layout[on])] : []), program, ...args];
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', program === process.execPath ? 'inherit' : 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return { process: child, pids: () => familyOf(child.pid ?? 0), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** The first URL that a process prints, on standard output or standard error. Rejects when the process ends before. */
export function urlFrom({ process: child }: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    for (const input of [child.stdout, child.stderr])
      if (input)
        createInterface({ input }).on('line', (line) => {
          const url = /http:\/\/\S+/.exec(line)?.[0];
          if (url !== undefined) resolve(url);
          else if (!ADVICE.test(line)) console.error(line);
        });
    child.once('exit', () => reject(new Error('the process ended before it printed its URL')));
  });
}

/** Printed by a server with an empty store. */
const ADVICE = /^Nobody has an account yet/;
