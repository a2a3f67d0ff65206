import { request } from 'node:http';
import test from 'ava';
import type { Answer, Client } from '../helpers/client.ts';
import { linesOf } from '../helpers/log-lines.ts';
import { openSite } from '../helpers/site.ts';
import { tokenOf } from './connect.ts';

const HEADERS = { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' };
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

const send = (client: Client, message: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  client.send('/mcp', {
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: typeof message === 'string' ? message : JSON.stringify(message),
  });

test('MCP: only a valid bearer token is admitted, not the session of a browser', async (t) => {
  const site = await openSite(t);
  const nobody = site.client();
  for (const [who, client] of Object.entries({ nobody, 'a session': site.bob, 'a wrong token': nobody.bearer('x'.repeat(40)) }))
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await client.send('/mcp', { method, headers: HEADERS, ...(method === 'POST' ? { body: JSON.stringify(LIST) } : {}) });
      t.is(answer.status, 401, `${who} ${method}`);
      t.regex(answer.headers.get('WWW-Authenticate') ?? '', /^Bearer .*resource_metadata="/, `${who} ${method}`);
      t.is(answer.json<{ code: string }>().code, 'unauthenticated');
    }
  const token = await tokenOf(site, 'Bob');
  t.is((await send(nobody.bearer(token), LIST)).status, 200);
  for (const { prefix } of await site.core.store.tokens.listOf(site.bobUser.id)) t.truthy(prefix);
  const { id } = (await site.bob.get('/settings', 'text/html')).text.match(/settings\/tokens\/(?<id>[^/]+)\/revoke/)?.groups ?? {};
  await site.bob.form(`/settings/tokens/${id}/revoke`, {});
  t.is((await send(nobody.bearer(token), LIST)).status, 401);
});

test('MCP: requests of pages of other sites and for other hosts are refused', async (t) => {
  const site = await openSite(t);
  const bob = site.client().bearer(await tokenOf(site, 'Bob'));
  t.is((await send(bob, LIST, { Origin: 'https://evil.example' })).status, 403);
  t.is((await send(bob, LIST, { 'Sec-Fetch-Site': 'cross-site' })).status, 403);
  t.is((await send(bob, LIST, { Origin: site.url })).status, 200);
  const token = await tokenOf(site, 'Bob');
  const rebound = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { ...HEADERS, Authorization: `Bearer ${token}`, Host: 'evil.example' };
    request(`${site.url}/mcp`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end(JSON.stringify(LIST));
  });
  t.is(rebound, 421);
});

test('MCP: what is no message of the protocol is refused with its errors', async (t) => {
  const site = await openSite(t);
  const bob = site.client().bearer(await tokenOf(site, 'Bob'));
  const rows = [
    ['{', {}, 400, -32700],
    [[LIST, LIST], {}, 400, -32600],
    [{ jsonrpc: '2.0', id: 1, method: 'nothing/such' }, {}, 200, -32601],
    [LIST, { 'Content-Type': 'text/plain' }, 415, -32000],
    [LIST, { 'MCP-Protocol-Version': '1999-01-01' }, 400, -32000],
    [{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'nothing' } }, {}, 200, -32602],
  ] as const;
  for (const [message, headers, status, code] of rows) {
    const answer = await send(bob, message, headers);
    t.is(answer.status, status, JSON.stringify(message));
    t.true(answer.text.includes(`"code":${code}`), answer.text);
  }
  const large = await send(bob, JSON.stringify({ ...LIST, params: { text: 'x'.repeat(1024 * 1024) } }));
  t.is(large.status, 413);
  for (const method of ['GET', 'DELETE']) t.is((await bob.send('/mcp', { method, headers: HEADERS })).status, 405, method);
  t.is((await bob.json('PUT', '/mcp', LIST)).status, 405);
});

test('MCP: the request log says that a call came by it, with user and tool, never with texts', (t) => {
  const lines = linesOf(
    'debug',
    `const { createToken } = await import(${JSON.stringify(new URL('../../lib/accounts/tokens.ts', import.meta.url).href)});
    await site.signUp('Ann');
    const user = await site.core.store.users.byNameKey('ann');
    const { token } = await createToken(site.core, user);
    for (const name of ['post_message', 'no_such_tool']) {
      const response = await fetch(site.url + '/mcp', {
        method: 'POST',
        headers: { ...${JSON.stringify(HEADERS)}, Authorization: 'Bearer ' + token },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: { group: 'lobby', body: 'SECRET' } } }),
      });
      await response.text();
    }
    console.log(JSON.stringify({ expected: user.id }));`,
  );
  const { expected } = lines.find((line) => 'expected' in line) ?? {};
  const calls = lines.filter(({ path, msg }) => path === '/mcp' && msg === 'request');
  t.deepEqual(
    calls.map(({ via, tool, user, status }) => ({ via, tool, user, status })),
    [
      { via: 'MCP', tool: 'post_message', user: expected, status: 200 },
      { via: 'MCP', tool: undefined, user: expected, status: 200 },
    ],
  );
  t.false(/SECRET|no_such_tool/.test(JSON.stringify(lines)));
});
