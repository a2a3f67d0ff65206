import { Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { ExecutionContext } from 'ava';
import { createToken } from '../../lib/accounts/tokens.ts';
import { userNamed } from '../helpers/fixtures.ts';
import type { TestServer } from '../helpers/server.ts';

/** The revisions of the protocol: the newest one without sessions, and those before it, in which a client initializes first. */
export type Mode = { pin: '2026-07-28' } | 'legacy';
export const MODERN: Mode = { pin: '2026-07-28' };

/** A new API token of this account. */
export const tokenOf = async ({ core }: Pick<TestServer, 'core'>, name: string): Promise<string> =>
  (await createToken(core, await userNamed(core, name))).token;

/** The official client, connected with a token; closed with the test. */
export async function connect(t: ExecutionContext, url: string, token: string, mode: Mode = MODERN): Promise<McpClient> {
  const client = new McpClient({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { Authorization: `Bearer ${token}` } },
  });
  await client.connect(transport);
  t.teardown(() => client.close());
  return client;
}

/** The structured result of a tool; fails the test when the tool failed. */
export async function call<T>(t: ExecutionContext, client: McpClient, name: string, args: Record<string, unknown> = {}): Promise<T> {
  const { isError, structuredContent, content } = await client.callTool({ name, arguments: args });
  t.falsy(isError, JSON.stringify(content));
  t.deepEqual(JSON.parse(textIn(content)), structuredContent);
  return structuredContent as T;
}

/** What a tool that failed says: its text and its data. */
export async function refused(t: ExecutionContext, client: McpClient, name: string, args: Record<string, unknown> = {}) {
  const { isError, content, _meta } = await client.callTool({ name, arguments: args });
  t.true(isError, JSON.stringify(content));
  return { text: textIn(content), data: (_meta as { 'parley/problem'?: Record<string, unknown> } | undefined)?.['parley/problem'] };
}

const textIn = (content: unknown): string => (content as readonly [{ text: string }])[0].text;
