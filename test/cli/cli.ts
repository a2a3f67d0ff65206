import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { makeWorld, type World } from '../../fixtures/world.ts';
import { readConfig } from '../../lib/config.ts';
import { openCore } from '../../lib/open-core.ts';
import { PATIENT_MS } from '../helpers/server.ts';

export const LAUNCHER = fileURLToPath(new URL('../../bin/parley', import.meta.url));

/** The settings of a command, as environment variables. */
export type Settings = Readonly<Record<string, string>>;

/** A command that has ended. */
export type Ran = {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON, one object per line. */
  rows(): Record<string, unknown>[];
};

/** A command that is running; its output is read as it comes. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  out = '';
  err = '';
  readonly #ended: Promise<unknown[]>;
  #waiters: (() => void)[] = [];
  #isOver = false;

  /** `cwd`: the working directory; default: that of the tests. */
  constructor(settings: Settings, args: readonly string[], command = LAUNCHER, cwd?: string) {
    // Only the variables that a program needs: MONGODB_URL and the like are for other tests.
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...settings };
    this.child = spawn(command, args, { env, ...(cwd === undefined ? {} : { cwd }) });
    this.child.stdin.on('error', () => {}); // it may end without reading its input
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.#note(() => (this.out += text)));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => this.#note(() => (this.err += text)));
    this.#ended = once(this.child, 'close').finally(() => this.#note(() => (this.#isOver = true)));
  }

  #note(change: () => void): void {
    change();
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Resolves once standard output holds `text`, or is what is asked for. Rejects when the command ends before. */
  async until(text: string | ((out: string) => boolean)): Promise<void> {
    const isThere = typeof text === 'string' ? (out: string) => out.includes(text) : text;
    while (!isThere(this.out)) {
      if (this.#isOver) throw new Error(`the command ended without saying ${text}:\n${this.out}${this.err}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** For `serve`: resolves to the URL once the server listens. Rejects when the command ends before. */
  async listening(): Promise<string> {
    const url = (): string | undefined => /^Parley is at (\S+)$/m.exec(this.err)?.[1];
    await this.until(() => url() !== undefined);
    return url() ?? '';
  }

  /** Resolves when the command has ended by itself or by `signal`. */
  async ended(signal?: NodeJS.Signals): Promise<Ran> {
    if (signal) this.child.kill(signal);
    const [status] = (await this.#ended) as [number | null];
    const { out, err } = this;
    return {
      status,
      out,
      err,
      rows: () =>
        out
          .trim()
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
    };
  }
}

/** Runs `parley` with these arguments and standard input, to its end. */
export function parley(settings: Settings, args: readonly string[], input = ''): Promise<Ran> {
  const running = new Running(settings, args);
  running.child.stdin.end(input);
  return running.ended();
}

/** Settings with a data folder of their own, removed at the end of the test. */
export async function freshSettings(t: ExecutionContext): Promise<Settings & { readonly DATA_DIR: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-cli-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return { DATA_DIR: dir };
}

/** A data folder with the test accounts, created with cheap password hashing. */
export async function settledWorld(t: ExecutionContext): Promise<{ settings: Settings; world: World }> {
  const settings = await freshSettings(t);
  const core = await openCore(readConfig({ ...settings, LOG_LEVEL: 'silent' }), {
    role: 'visitor',
    bcryptCost: 4,
    storeWaitMs: PATIENT_MS,
  });
  const world = await makeWorld(core);
  await core.close();
  return { settings, world };
}

/** Asserts that a command was refused: status 1, no standard output, and the reason as one line, or one object with --json. */
export function refused(t: ExecutionContext, ran: Ran, reason: RegExp): void {
  t.is(ran.status, 1, ran.err);
  t.is(ran.out, '');
  t.regex(ran.err, /^[^\n]+\n$/);
  const said = ran.err.startsWith('{') ? `parley: ${JSON.parse(ran.err).error}` : ran.err;
  t.regex(said, /^parley: /);
  t.regex(said, reason);
}

/** Asserts that a command succeeded and printed only results with exactly these fields. */
export function done(t: ExecutionContext, ran: Ran, ...fields: string[]): Record<string, unknown> {
  t.is(ran.err, '');
  t.is(ran.status, 0);
  const [row = {}] = ran.rows();
  t.deepEqual(Object.keys(row), fields);
  return row;
}
