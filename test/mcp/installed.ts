import { inLongRun } from '../helpers/long-run.ts';
import { ensureNpmTool } from '../helpers/npm-tools.ts';
import { ensurePythonTool } from '../helpers/python-tools.ts';

/** The official Python client, installed when first asked for. Its path: that of a Python which has it. */
export const pythonClient = await inLongRun(async () => {
  const path = await ensurePythonTool({ name: 'mcp-python-2.3.0', packages: ['mcp==2.3.0', 'httpx2==2.16.2'], program: 'python' });
  return typeof path === 'string' ? { python: path } : path;
});

export const inspector = await inLongRun(() =>
  ensureNpmTool({
    name: 'mcp-inspector-2.12.0',
    packages: ['@modelcontextprotocol/inspector@2.12.0'],
    program: 'mcp-inspector',
  }),
);

export const conformance = await inLongRun(() =>
  ensureNpmTool({
    name: 'mcp-conformance-0.1.16',
    packages: ['@modelcontextprotocol/conformance@0.1.16'],
    program: 'conformance',
  }),
);
