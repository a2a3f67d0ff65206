import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isProgram, type Missing } from '../../helpers/programs.ts';

/** The Python of a virtual environment with the client packages. */
type Python = { readonly path: string; readonly bin: string };

/** The packages that the tests of real clients need besides curl and Debian's prometheus-alertmanager; .ci/run installs them. */
const PACKAGES = ['slack_sdk', 'apprise', 'discord_webhook'];

/** `PARLEY_WEBHOOK_CLIENTS` (a virtual environment), else the one in our cache folder, else one under /opt that has all of them. */
export function clientsPython(): Python | Missing {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const given = process.env.PARLEY_WEBHOOK_CLIENTS;
  const folders = given ? [given] : [join(cache, 'parley', 'webhook-clients'), ...globSync('/opt/*')];
  const found = folders.find(
    (folder) =>
      isProgram(join(folder, 'bin', 'python3')) &&
      PACKAGES.every((name) => globSync(join(folder, 'lib/python3*/site-packages', name)).length > 0),
  );
  const missing = `no virtual environment with ${PACKAGES.join(', ')}`;
  return found === undefined ? { missing } : { path: join(found, 'bin', 'python3'), bin: join(found, 'bin') };
}

/** The part of `@slack/webhook` that the tests use. */
type SlackWebhook = {
  readonly IncomingWebhook: new (url: string, defaults?: object) => { send(message: string | object): Promise<{ text: string }> };
};

/** By `require`, so that TypeScript need not know whether it is installed. */
export function slackWebhook(): SlackWebhook | Missing {
  try {
    return createRequire(import.meta.url)('@slack/webhook') as SlackWebhook;
  } catch {
    return { missing: '@slack/webhook is not installed' };
  }
}

type Ran = { readonly status: number; readonly out: string; readonly err: string };

/** Runs a program to its end, with this standard input. */
export function run(command: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: 120_000, env: { PATH: process.env.PATH, HOME: process.env.HOME } },
      (error, out, err) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ status: Number(error?.code ?? 0), out, err });
      },
    );
    child.stdin?.end(input);
  });
}
