import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isProgram, type Missing, program, which } from './programs.ts';
import { cacheFolder, lastLine } from './python-tools.ts';

const run = promisify(execFile);
const MODULE = 'helm.sh/helm/v3/cmd/helm@v3.19.4';

/** Helm on PATH, or built from its Go module into the cache folder. */
export async function ensureHelm(): Promise<{ readonly path: string } | Missing> {
  const found = program('helm');
  if (!('missing' in found)) return found;
  const folder = cacheFolder(MODULE.replaceAll(/[^\w.]+/g, '-'));
  const path = join(folder, 'helm');
  if (isProgram(path)) return { path };
  const go = which('go');
  if (!go) return { missing: 'no helm: no Go to build it' };
  try {
    console.error(`Building ${MODULE} for the tests into ${folder}, once …`);
    await mkdir(folder, { recursive: true });
    await run(go, ['install', MODULE], { env: { ...process.env, GOBIN: folder }, timeout: 900_000, maxBuffer: 64 * 1024 * 1024 });
    return { path };
  } catch (error) {
    return { missing: `no helm: ${MODULE} could not be built (${lastLine(error)})` };
  }
}

/** Helm if it is there already. */
export function helmThatExists(): { readonly path: string } | Missing {
  const path = join(cacheFolder(MODULE.replaceAll(/[^\w.]+/g, '-')), 'helm');
  return isProgram(path) ? { path } : program('helm');
}
