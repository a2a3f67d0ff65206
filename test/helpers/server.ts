import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type CoreOptions, type OpenCore, type OpenServer, openCore, openServer, type ServerOptions } from '../../lib/app.ts';
import { type Environment, readConfig } from '../../lib/config.ts';
import { Client } from './client.ts';

export type TestServer = {
  readonly url: string;
  readonly core: OpenCore;
  readonly server: OpenServer;
  readonly clock: Clock;
  /** A new client without a session. */
  client(): Client;
  /** A new account, signed in; the first one is the administrator and in Lobby. */
  signUp(name: string, password?: string): Promise<Client>;
  /** A new account, signed in, that has joined Lobby. Not for the first account, which is in Lobby already. */
  signUpInLobby(name: string): Promise<Client>;
  close(): Promise<void>;
};

/** A clock that only the test advances. */
export class Clock {
  #now: number;
  constructor(now = Date.UTC(2026, 0, 2, 12)) {
    this.#now = now;
  }
  readonly now = (): number => this.#now;
  turn(ms: number): void {
    this.#now += ms;
  }
}

export const PASSWORD = 'correct horse battery';

const MAX_TRIES = 15;

/**
 * A new account at the server with this origin, in this or another process, signed in. A process of its own waits 2 s for its store, which takes longer
 * on a busy machine: a sign-up without an answer from the store is repeated, and may have been done.
 */
export async function signUpAt(url: string, name: string, password = PASSWORD): Promise<Client> {
  const client = new Client(url);
  for (let tries = 1; ; tries += 1) {
    const path = tries % 2 === 1 ? '/signup' : '/login';
    const { status, text } = await client.json('POST', path, { name, password }); // a program: it joins no group
    if (status === 200) return client;
    if (tries === MAX_TRIES || (path === '/signup' && status !== 503))
      throw new Error(`sign-up of ${name} was answered ${status}: ${text.slice(0, 200)}`);
  }
}

export type TestOptions = ServerOptions &
  Pick<CoreOptions, 'storeWaitMs' | 'isSkewed'> & { readonly env?: Environment; readonly clock?: Clock };

/** A store on a busy machine is given the time that it takes. A test about a store that is away says how long it is waited for: `storeWaitMs`. */
export const PATIENT_MS = 30_000;

/** A server on a free port with a new data folder, cheap password hashing and a clock that only the test advances. */
export async function startServer(options: TestOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? new Clock();
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const config = readConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'silent', ...options.env });
  const { storeWaitMs = PATIENT_MS, isSkewed = false } = options;
  const core = await openCore(config, { role: 'server', now: clock.now, isSkewed, bcryptCost: 4, storeWaitMs });
  const server = await openServer(core, { sweepMs: 3_600_000, ...options });
  server.http.listen(0, '127.0.0.1');
  await once(server.http, 'listening');
  const url = `http://127.0.0.1:${(server.http.address() as AddressInfo).port}`;

  const client = (): Client => new Client(url);
  const signUp = (name: string, password?: string): Promise<Client> => signUpAt(url, name, password);
  const signUpInLobby = async (name: string): Promise<Client> => {
    const browser = await signUp(name);
    const answer = await browser.form('/groups/join', { slug: 'lobby' });
    if (answer.status !== 303) throw new Error(`${name} could not join Lobby: ${answer.status} ${answer.text}`);
    return browser;
  };
  const close = async (): Promise<void> => {
    const closed = server.close();
    server.http.closeAllConnections();
    await closed;
    await core.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url, core, server, clock, client, signUp, signUpInLobby, close };
}

/** As `startServer`; closed with the test. A second one with the same databases in `env` and the same clock shares its store. */
export async function startServerFor(t: Pick<ExecutionContext, 'teardown'>, options: TestOptions = {}): Promise<TestServer> {
  const server = await startServer(options);
  t.teardown(server.close);
  return server;
}
