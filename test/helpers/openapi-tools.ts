import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isProgram, type Missing, which } from './programs.ts';
import { cacheFolder, ensurePythonTool, lastLine } from './python-tools.ts';

const run = promisify(execFile);

/** Tools that read the OpenAPI document: a tester, and generators of clients for Python and TypeScript. */
const PYTHON = {
  name: 'openapi-schemathesis-4.32.5-python-client-0.29.1',
  packages: ['schemathesis==4.32.5', 'openapi-python-client==0.29.1'],
  program: 'schemathesis',
};
/** openapi-typescript works with the compiler's API, which TypeScript 7 does not have: it gets one of its own. */
const NPM = {
  name: 'openapi-typescript-7.13.0',
  packages: ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'],
};

/** The folder with `schemathesis`, `openapi-python-client` and a Python that has what its clients import. Installed when first asked for. */
export async function pythonTools(): Promise<{ readonly bin: string } | Missing> {
  const path = await ensurePythonTool(PYTHON);
  return typeof path === 'string' ? { bin: join(path, '..') } : path;
}

/** The `node_modules` folder with openapi-typescript and openapi-fetch. Installed when first asked for. */
export async function npmTools(): Promise<{ readonly modules: string } | Missing> {
  const modules = join(cacheFolder(NPM.name), 'node_modules');
  if (isProgram(join(modules, '.bin', 'openapi-typescript'))) return { modules };
  const npm = which('npm');
  if (!npm) return { missing: 'no openapi-typescript: no npm to install it' };
  try {
    await installNpm(npm);
    return { modules };
  } catch (error) {
    return { missing: `no openapi-typescript: it could not be installed (${lastLine(error)})` };
  }
}

/** Into a temporary folder first: another process may install at the same time. */
async function installNpm(npm: string): Promise<void> {
  const folder = cacheFolder(NPM.name);
  console.error(`Installing ${NPM.packages.join(' ')} for the tests into ${folder}, once …`);
  await mkdir(join(folder, '..'), { recursive: true });
  const own = await mkdtemp(`${folder}-`);
  try {
    await run(npm, ['install', '--prefix', own, '--no-audit', '--no-fund', '--no-save', ...NPM.packages], { timeout: 300_000 });
    await rename(own, folder);
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    if (!isProgram(join(folder, 'node_modules', '.bin', 'openapi-typescript'))) throw error;
  }
}
