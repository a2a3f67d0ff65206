import { globSync } from 'node:fs';
import { isProgram, type Missing, which } from './programs.ts';
import { ensurePythonTool, type PythonTool, pathOf } from './python-tools.ts';

/** The MongoDB-compatible server of the tests, a Python package: few package archives have MongoDB. */
const SECANTUS: PythonTool = { name: 'secantusdb-0.7.0b3', packages: ['SecantusDB==0.7.0b3'], program: 'secantusd-py' };

/** Where it is: `PARLEY_SECANTUSD`, else on PATH, else in our cache folder, else in some virtual environment under /opt. */
function findSecantusd(): string | undefined {
  const given = process.env.PARLEY_SECANTUSD;
  if (given) return isProgram(given) ? given : undefined;
  const candidates = [which('secantusd-py'), pathOf(SECANTUS), ...globSync('/opt/*/bin/secantusd-py')];
  return candidates.find((path) => path !== undefined && isProgram(path));
}

/** Finds it, else installs it into the cache folder, for which only Python with its venv module is needed. Resolves to its path. */
export async function ensureSecantusd(): Promise<string | Missing> {
  const found = findSecantusd();
  if (found) return found;
  const given = process.env.PARLEY_SECANTUSD;
  if (given) return { missing: `PARLEY_SECANTUSD names ${given}, which is no program` };
  const installed = await ensurePythonTool(SECANTUS);
  return typeof installed === 'string' ? installed : { missing: `no MongoDB for tests: no MONGODB_URL, and ${installed.missing}` };
}
