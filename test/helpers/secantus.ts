import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isProgram, type Missing, which } from './programs.ts';

/** The MongoDB-compatible server of the tests: a Python package, since MongoDB itself is in few package archives. */
const PACKAGE = 'SecantusDB==0.7.0b3';
const INSTALL_TIMEOUT_MS = 300_000;

const run = promisify(execFile);

/** Where it is: `PARLEY_SECANTUSD`, else on PATH, else in our cache folder, else in some virtual environment under /opt. */
export function findSecantusd(): string | undefined {
  const given = process.env.PARLEY_SECANTUSD;
  if (given) return isProgram(given) ? given : undefined;
  const candidates = [which('secantusd-py'), join(cachedVenv(), 'bin', 'secantusd-py'), ...globSync('/opt/*/bin/secantusd-py')];
  return candidates.find((path) => path !== undefined && isProgram(path));
}

/** Finds it, else installs it into the cache folder, for which only Python with its venv module is needed. Resolves to its path. */
export async function ensureSecantusd(): Promise<string | Missing> {
  const found = findSecantusd();
  if (found) return found;
  const given = process.env.PARLEY_SECANTUSD;
  if (given) return { missing: `PARLEY_SECANTUSD names ${given}, which is no program` };
  if (!which('python3')) return { missing: 'no MongoDB for tests: neither MONGODB_URL, nor secantusd-py, nor python3 to install it' };
  try {
    console.error(`Installing ${PACKAGE} for the tests into ${cachedVenv()}, once …`);
    return join(await install(), 'bin', 'secantusd-py');
  } catch (error) {
    return { missing: `no MongoDB for tests: ${PACKAGE} could not be installed (${lastLine(error)})` };
  }
}

/** The version is in the name, so that a new one is installed beside the old. */
function cachedVenv(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'parley', PACKAGE.toLowerCase().replace('==', '-'));
}

/**
 * Several processes may install at once and any may die halfway: each builds in a folder of its own (a virtual environment cannot be
 * moved) and the first to finish gets the link that `cachedVenv` names.
 */
async function install(): Promise<string> {
  const venv = cachedVenv();
  await mkdir(join(venv, '..'), { recursive: true });
  const own = await mkdtemp(`${venv}-`);
  try {
    await run('python3', ['-m', 'venv', own], { timeout: INSTALL_TIMEOUT_MS });
    await run(join(own, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', PACKAGE], { timeout: INSTALL_TIMEOUT_MS });
    await link(own, venv);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (!isProgram(join(venv, 'bin', 'secantusd-py'))) throw error;
  }
  return venv;
}

/** Replaces a dangling link too; fails when another process has put a working one there. */
async function link(own: string, venv: string): Promise<void> {
  if (isProgram(join(venv, 'bin', 'secantusd-py'))) throw new Error('installed meanwhile');
  await symlink(own, `${own}.link`);
  await rename(`${own}.link`, venv);
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error && error.stderr ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
