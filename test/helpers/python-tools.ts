import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isProgram, type Missing, which } from './programs.ts';

const INSTALL_TIMEOUT_MS = 300_000;

const run = promisify(execFile);

/** Packages from PyPI with their versions, and a program that they bring. `name`: of the folder; a new version needs a new name. */
export type PythonTool = { readonly name: string; readonly packages: readonly string[]; readonly program: string };

/** The cache folder of this user, for what tests install once. */
export const cacheFolder = (name: string): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley', name);

/** The path of the tool's program in the cache folder, whether it is there or not. */
export const pathOf = ({ name, program }: PythonTool): string => join(cacheFolder(name), 'bin', program);

/** Installs it into a virtual environment in the cache folder unless it is there. Needs Python with its venv module. Resolves to the program's path. */
export async function ensurePythonTool(tool: PythonTool): Promise<string | Missing> {
  const path = pathOf(tool);
  if (isProgram(path)) return path;
  if (!which('python3')) return { missing: `no ${tool.program}: no python3 to install it` };
  try {
    console.error(`Installing ${tool.packages.join(' ')} for the tests into ${cacheFolder(tool.name)}, once …`);
    await install(tool);
    return path;
  } catch (error) {
    return { missing: `no ${tool.program}: ${tool.packages.join(' ')} could not be installed (${lastLine(error)})` };
  }
}

/**
 * Several processes may install at once and any may die halfway: each builds in a folder of its own (a virtual environment cannot be
 * moved) and the first to finish gets the link that `cacheFolder` names.
 */
async function install(tool: PythonTool): Promise<void> {
  const venv = cacheFolder(tool.name);
  await mkdir(join(venv, '..'), { recursive: true });
  const own = await mkdtemp(`${venv}-`);
  try {
    await run('python3', ['-m', 'venv', own], { timeout: INSTALL_TIMEOUT_MS });
    await run(join(own, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...tool.packages], {
      timeout: INSTALL_TIMEOUT_MS,
    });
    await link(own, venv, pathOf(tool));
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (!isProgram(pathOf(tool))) throw error;
  }
}

/** Replaces a dangling link too; fails when another process has put a working one there. */
async function link(own: string, venv: string, path: string): Promise<void> {
  if (isProgram(path)) throw new Error('installed meanwhile');
  await symlink(own, `${own}.link`);
  await rename(`${own}.link`, venv);
}

/** The last line that a failed command wrote to standard error, or the error's message. */
export function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error && error.stderr ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
