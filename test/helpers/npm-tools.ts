import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isProgram, type Missing, which } from './programs.ts';
import { cacheFolder, lastLine } from './python-tools.ts';

const run = promisify(execFile);

/** Packages from npm with their versions, and a program that they bring. `name`: of the folder; a new version needs a new name. */
export type NpmTool = { readonly name: string; readonly packages: readonly string[]; readonly program: string };

/** The `node_modules` folder with the packages, in the cache folder. Installed when first asked for. */
export async function ensureNpmTool(tool: NpmTool): Promise<{ readonly modules: string } | Missing> {
  const modules = join(cacheFolder(tool.name), 'node_modules');
  if (isProgram(join(modules, '.bin', tool.program))) return { modules };
  const npm = which('npm');
  if (!npm) return { missing: `no ${tool.program}: no npm to install it` };
  try {
    await install(npm, tool);
    return { modules };
  } catch (error) {
    return { missing: `no ${tool.program}: it could not be installed (${lastLine(error)})` };
  }
}

/** Into a temporary folder first: another process may install at the same time. */
async function install(npm: string, { name, packages, program }: NpmTool): Promise<void> {
  const folder = cacheFolder(name);
  console.error(`Installing ${packages.join(' ')} for the tests into ${folder}, once …`);
  await mkdir(join(folder, '..'), { recursive: true });
  const own = await mkdtemp(`${folder}-`);
  try {
    await run(npm, ['install', '--prefix', own, '--no-audit', '--no-fund', '--no-save', ...packages], { timeout: 300_000 });
    await rename(own, folder);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (!isProgram(join(folder, 'node_modules', '.bin', program))) throw error;
  }
}
