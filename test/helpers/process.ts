import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A server program: its arguments for a port and a folder, the output that says it listens, its URL. */
export type Launch = {
  readonly name: string;
  readonly command: string;
  readonly args: (port: number, dir: string) => string[];
  readonly listening: RegExp;
  readonly url: (port: number) => string;
  /** Runs once after each start, when the port accepts connections. */
  readonly prepare?: (port: number) => Promise<void>;
};

/** A server that tests use. `pid` is undefined when it is not running, or not ours. */
export type Service = {
  readonly url: string;
  readonly pid: number | undefined;
  /** The last 64 KiB that it printed; empty when it is not ours. */
  output(): string;
  /** Sends the signal; when the signal ends the process, resolves once it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Ends the process if it runs and starts it again on the same port and storage; resolves once it accepts connections. */
  restart(): Promise<void>;
  /** Ends the process and removes its storage. */
  stop(): Promise<void>;
};

/**
 * Owns a temporary folder and, at times, one process: kills and removes them when its standard input ends, however this process died.
 * Each line it reads is the process to mind from now on, or empty for none.
 */
const WATCHDOG = `trap '' INT TERM HUP
pid=
while read -r line; do pid=$line; done
[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
rm -rf "$1"`;

/** Starts a program on a free port of 127.0.0.1 with a temporary folder; both go with this process (or worker), however it ends. */
export async function startService(launch: Launch): Promise<Service> {
  const dir = await mkdtemp(join(tmpdir(), `parley-${launch.name}-`));
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'watchdog', dir], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  release(watchdog);
  const mind = (pid: number | undefined) => watchdog.stdin?.write(`${pid ?? ''}\n`);
  const { started: first, port } = await startOnFreePort(launch, dir, mind);
  let child: ChildProcess | undefined = first.child;
  let output = first.output;

  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const target = child;
    if (!target) return;
    const staysAlive = signal === 'SIGSTOP' || signal === 'SIGCONT';
    if (!staysAlive) child = undefined;
    await signalAndWait(target, signal, !staysAlive);
    if (signal === 'SIGSTOP') await allThreadsStopped(target);
    if (!staysAlive) mind(undefined);
  };
  return {
    url: launch.url(port),
    get pid() {
      return child?.pid;
    },
    output: () => output(),
    kill,
    restart: async () => {
      await kill('SIGKILL');
      ({ child, output } = await startOn(launch, port, dir, mind));
    },
    stop: async () => {
      await kill('SIGKILL');
      if (watchdog.exitCode !== null || watchdog.stdin?.writableEnded) return;
      watchdog.ref();
      watchdog.stdin?.end();
      await once(watchdog, 'exit');
    },
  };
}

type Mind = (pid: number | undefined) => void;

/** A process that listens. `output`: what it has printed so far, the last 64 KiB. */
type Started = { readonly child: ChildProcess; readonly output: () => string };

const OUTPUT_KEPT = 64 * 1024;

async function startOnFreePort(launch: Launch, dir: string, mind: Mind): Promise<{ started: Started; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { started: await startOn(launch, port, dir, mind), port };
    } catch (error) {
      // Another process may have taken the port between the check and the start.
      if (attempt === 3) throw error;
    }
  }
}

async function startOn(launch: Launch, port: number, dir: string, mind: Mind): Promise<Started> {
  const child = spawn(launch.command, launch.args(port, dir), { cwd: dir, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  mind(child.pid);
  const output = await sayingListening(child, launch);
  await acceptsConnections(port);
  await launch.prepare?.(port);
  release(child);
  return { child, output };
}

/** Resolves when the program prints that it listens, to a function that gives its output; rejects with its last output when it ends before. */
function sayingListening(child: ChildProcess, { name, listening }: Launch): Promise<() => string> {
  const { promise, resolve, reject } = Promise.withResolvers<() => string>();
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      // The output is read until the process ends, since a full pipe would block it.
      said = (said + chunk).slice(-OUTPUT_KEPT);
      if (listening.test(said)) resolve(() => said);
    });
  child.once('error', reject);
  child.once('exit', (code, signal) => reject(new Error(`${name} ended at once (${signal ?? code}):\n${said.slice(-4000)}`)));
  return promise;
}

async function acceptsConnections(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

async function signalAndWait(child: ChildProcess, signal: NodeJS.Signals, wait: boolean): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  if (!wait) return;
  child.ref();
  await gone;
}

/** Each thread gets the signal separately and may answer requests until then. Resolves at once without /proc. */
async function allThreadsStopped({ pid }: ChildProcess): Promise<void> {
  const tasks = `/proc/${pid}/task`;
  while (existsSync(tasks) && !readdirSync(tasks).every((thread) => /[TtZX]/.test(stateOf(`${tasks}/${thread}/stat`)))) await nextTurn();
}

/** The state in a stat file of proc(5): it follows the program's name, which stands in parentheses. A thread that has ended counts as stopped. */
function stateOf(file: string): string {
  try {
    return /\) (\S)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  } catch {
    return 'T';
  }
}

/** A helper process must not keep a test file from ending. */
function release(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
}

/**
 * Below the range from which outgoing connections draw: a client that keeps trying a port whose server is down could otherwise
 * be given that very port, connect to itself, and keep the server from coming back.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Sends a signal to a process. Throws without a pid: 0 would be the process group of the tests. */
export function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (!pid) throw new Error(`no process to send ${name} to`);
  process.kill(pid, name);
}
