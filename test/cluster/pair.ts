/** Not from test/helpers/server.ts: these tests need servers in processes of their own, which they stop or kill. */
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { startCommand } from '../faults/load.ts';
import type { Client } from '../helpers/client.ts';
import type { Service } from '../helpers/process.ts';
import { signUpAt } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url));

/** Starts a server process on shared databases; stopped with the test. */
export async function startProcess(t: ExecutionContext, env: Readonly<Record<string, string>>, leaseMs = 60_000): Promise<Service> {
  const settings = { LOG_LEVEL: 'error', POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0', ...env };
  const service = await startCommand([process.execPath, SERVER, String(leaseMs)], settings);
  t.teardown(service.stop);
  return service;
}

/** Creates an account in Lobby; the first one is the administrator. */
export async function person(url: string, name: string): Promise<Client> {
  const client = await signUpAt(url, name);
  await client.form('/groups/join', { slug: 'lobby' });
  return client;
}

/** The same session at another process. */
export const at = ({ url }: Service, client: Client): Client => client.at(url);

export async function stream(t: ExecutionContext, who: Client, query = ''): Promise<EventReader> {
  const reader = await EventReader.open(who, `/groups/lobby/events${query}`);
  t.teardown(() => reader.close());
  return reader;
}
