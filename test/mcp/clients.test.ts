import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { bodiesFor, postAs } from '../helpers/fixtures.ts';
import { folderFor } from '../helpers/folder.ts';
import { onlyInLongRun } from '../helpers/long-run.ts';
import { present } from '../helpers/services.ts';
import { openSite } from '../helpers/site.ts';
import { tokenOf } from './connect.ts';
import { conformance, inspector, pythonClient } from './installed.ts';

const run = promisify(execFile);
const PAGE = readFileSync(new URL('../../docs/mcp.md', import.meta.url), 'utf8');

onlyInLongRun(test, pythonClient)('MCP: the program of docs/mcp.md over the official Python client reads and posts once', async (t) => {
  const site = await openSite(t);
  const { seq } = await postAs(site.ann, 'Read me');
  const [, program = ''] = /```python\n(.+?)```/s.exec(PAGE) ?? [];
  const file = join(await folderFor(t), 'agent.py');
  await writeFile(file, program);
  const env = { ...process.env, PARLEY: site.url, TOKEN: await tokenOf(site, 'Bob') };
  const { stdout } = await run(present(pythonClient).python, [file], { env });
  t.is(stdout.trim(), `Bob has read #${seq}`);
  t.deepEqual(await bodiesFor(site.ann), ['Read me', `Bob has read #${seq}`]);
});

onlyInLongRun(test, inspector)('MCP: the command line of the Inspector lists and calls tools and reads resources', async (t) => {
  const site = await openSite(t);
  const token = await tokenOf(site, 'Bob');
  const program = join(present(inspector).modules, '.bin/mcp-inspector');
  const inspect = async (...args: string[]): Promise<Record<string, unknown>> => {
    const how = ['--cli', `${site.url}/mcp`, '--transport', 'http', '--header', `Authorization: Bearer ${token}`];
    const { stdout } = await run(process.execPath, [program, ...how, ...args], { env: { ...process.env, HOME: await folderFor(t) } });
    return JSON.parse(stdout);
  };
  const { tools } = (await inspect('--method', 'tools/list')) as { tools: { name: string }[] };
  t.is(tools.length, 16);
  const posting = ['--method', 'tools/call', '--tool-name', 'post_message'];
  const posted = await inspect(...posting, '--tool-arg', 'group=lobby', 'body=from the command line');
  t.like(posted.structuredContent, { body: 'from the command line' });
  const { contents } = (await inspect('--method', 'resources/read', '--uri', 'parley://groups/lobby')) as { contents: { text: string }[] };
  t.regex(contents[0]?.text ?? '', /from the command line/);
  t.deepEqual(await bodiesFor(site.ann), ['from the command line']);
});

/** The conformance package sends no token: this adds one. Closed with the test. */
async function addingToken(t: ExecutionContext, url: string, token: string): Promise<string> {
  const proxy = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const forward = request(new URL(incoming.url ?? '/', url), { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return `http://localhost:${(proxy.address() as AddressInfo).port}/mcp`;
}

onlyInLongRun(test, conformance)('MCP: the conformance scenarios pass that docs/mcp.md lists', async (t) => {
  const site = await openSite(t);
  const url = await addingToken(t, site.url, await tokenOf(site, 'Bob'));
  const [, listed = ''] = /these apply and pass: (.+?)\. /.exec(PAGE) ?? [];
  const scenarios = [...listed.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);
  t.is(scenarios.length, 6);
  const program = join(present(conformance).modules, '.bin/conformance');
  for (const scenario of scenarios) {
    const { stdout } = await run(process.execPath, [program, 'server', '--url', url, '--scenario', scenario]).catch(
      ({ stdout }: { stdout: string }) => ({ stdout }),
    );
    t.regex(stdout, /Passed: (\d+)\/\1, 0 failed, 0 warnings/, `${scenario}: ${stdout}`);
  }
});
