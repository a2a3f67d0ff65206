import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { createBot, type NewBot } from '../../lib/bots/operations.ts';
import { groupAt } from '../helpers/fixtures.ts';
import type { TestServer } from '../helpers/server.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const botFile = (name: string): string => `${ROOT}fixtures/bots/${name}`;
export const page: string = readFileSync(`${ROOT}docs/bots.md`, 'utf8');

/** The code blocks of a language in docs/bots.md, in order. */
export const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)\n```$/gms)].flatMap(([, of, code]) => (of === language && code ? [code] : []));

/** A bot in Lobby with the values that the examples use. */
export async function botFor(site: TestServer, name: string): Promise<{ readonly bot: NewBot; readonly env: NodeJS.ProcessEnv }> {
  const group = await groupAt(site.core, 'lobby');
  const bot = await createBot(site.core, undefined, { name, group });
  const own = { PARLEY: site.url, GROUP: 'lobby', HOOK: bot.hook.slice('/hooks/'.length), TOKEN: bot.token, KEY: bot.campfire };
  const { PATH, HOME, GOCACHE, GOFLAGS } = process.env;
  const path = `${dirname(process.execPath)}:${ROOT}bin:${PATH}`; // the `node` that runs the tests
  return {
    bot,
    env: { PATH: path, HOME, DATA_DIR: site.core.config.dataDir, ...(GOCACHE && { GOCACHE }), ...(GOFLAGS && { GOFLAGS }), ...own },
  };
}

/** A running program and its output; it and its children end with the test at the latest. */
export class Running {
  said = '';
  readonly exited: Promise<number | null>;
  readonly #kill: () => void;
  #waiting: (() => void)[] = [];

  constructor(
    t: Pick<ExecutionContext, 'teardown'>,
    command: readonly string[],
    options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
    input = '',
  ) {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { ...options, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.said += chunk;
        this.#wake();
      });
    child.stdin.on('error', () => {}).end(input);
    this.exited = once(child, 'close').then(([code]) => {
      this.#wake();
      return code;
    });
    this.#kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // it has already ended
      }
    };
    t.teardown(async () => {
      this.#kill();
      await this.exited;
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves once its output contains this. Rejects when it ends before. */
  async saying(words: RegExp): Promise<void> {
    let isOver = false;
    void this.exited.then(() => {
      isOver = true;
    });
    while (!words.test(this.said)) {
      if (isOver) throw new Error(`it ended, having said: ${this.said}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  stop(): void {
    this.#kill();
  }
}

/** From now on: the promise resolves once another stream of one of these formats is open. */
export async function nextStream({ server, core }: TestServer, formats: readonly ('json' | 'text')[] = ['json']): Promise<void> {
  const open = (): number => formats.reduce((sum, format) => sum + core.meters.streams[format], 0);
  const before = open();
  for (let isAsked = false; !isAsked; ) {
    const [request] = await once(server.http, 'request');
    isAsked = /\/events\b/.test(String(request.url));
  }
  while (open() === before) await nextTurn();
}
