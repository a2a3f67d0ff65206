import { join } from 'node:path';
import { ensureNpmTool } from './npm-tools.ts';
import type { Missing } from './programs.ts';
import { ensurePythonTool } from './python-tools.ts';

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
  program: 'openapi-typescript',
};

/** The folder with `schemathesis`, `openapi-python-client` and a Python that has what its clients import. Installed when first asked for. */
export async function pythonTools(): Promise<{ readonly bin: string } | Missing> {
  const path = await ensurePythonTool(PYTHON);
  return typeof path === 'string' ? { bin: join(path, '..') } : path;
}

/** The `node_modules` folder with openapi-typescript and openapi-fetch. Installed when first asked for. */
export const npmTools = () => ensureNpmTool(NPM);
