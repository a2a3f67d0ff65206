import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setInterval } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { User } from '../../lib/accounts/port.ts';
import type { OpenServer } from '../../lib/app.ts';
import type { Group } from '../../lib/groups/port.ts';
import { newUid, systemRandom } from '../../lib/ids.ts';
import type { Entry } from '../../lib/log/entry.ts';
import { groupAt, type LobbySite, openLobby, userNamed } from '../helpers/cast.ts';
import type { Client } from '../helpers/client.ts';
import type { TestOptions } from '../helpers/server.ts';
import { EventReader } from '../helpers/stream.ts';

/** A server with Ann, its administrator, and Bob, both in Lobby; closed with the test. */
export type Site = LobbySite & {
  readonly lobby: Group;
  readonly annUser: User;
  readonly bobUser: User;
  /** Messages of Ann's, posted at once, past every limit on requests. */
  post(...bodies: string[]): Promise<Entry[]>;
  /** Opens an event stream of Lobby, closed with the test. */
  stream(who: Client, query?: string, headers?: Record<string, string>): Promise<EventReader>;
};

export const LOBBY = '/groups/lobby';

export async function openSite(t: ExecutionContext, options: TestOptions = {}): Promise<Site> {
  const site = await openLobby(t, { ...options, env: { POSTS_PER_SECOND: '0', ...options.env } });
  const { core } = site;
  const [lobby, annUser, bobUser] = [await groupAt(core, 'lobby'), await userNamed(core, 'Ann'), await userNamed(core, 'Bob')];
  const post = (...bodies: string[]): Promise<Entry[]> =>
    Promise.all(
      bodies.map((body) =>
        core.appender.append(lobby.id, { kind: 'message', author: annUser.id, uid: newUid(systemRandom), body, format: 'text' }),
      ),
    );
  const stream = async (who: Client, query = '', headers: Record<string, string> = {}): Promise<EventReader> => {
    const reader = await EventReader.open(who, `${LOBBY}/events${query}`, headers);
    t.teardown(() => reader.close());
    return reader;
  };
  return { ...site, lobby, annUser, bobUser, post, stream };
}

export const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Far longer than anything takes on a busy machine: only what never comes waits for it. */
const PATIENCE_MS = 60_000;

/** So that whoever waits leaves the machine to those that are waited for. */
const LOOK_EVERY_MS = 5;

/** Resolves once `holds`, which what the server does next makes true, is. Throws when it never is. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  if (await holds()) return;
  for await (const _ of setInterval(LOOK_EVERY_MS)) {
    if (await holds()) return;
    if (performance.now() > until) throw new Error(`in ${PATIENCE_MS / 1000} s it has not come to: ${holds}`);
  }
}

/** A request over a bare socket, which is read only when told to. */
export class RawReader {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  isClosed = false;

  constructor(t: ExecutionContext, client: Client, path: string, method = 'GET') {
    const { hostname, port } = new URL(client.url);
    this.socket = connect(Number(port), hostname);
    t.teardown(() => this.socket.destroy());
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    this.socket.on('error', () => {});
    this.socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${client.cookieHeader}\r\nAccept: text/event-stream\r\n\r\n`,
    );
  }

  /** Reads all that comes from now on. */
  read(): this {
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    return this;
  }

  get text(): string {
    return this.received.toString('utf8');
  }

  /** Resolves once `found` says yes of what was received. */
  async until(found: (text: string) => boolean): Promise<string> {
    await eventually(() => found(this.text) || this.isClosed);
    if (!found(this.text)) throw new Error(`the connection was closed after ${this.received.length} bytes`);
    return this.text;
  }

  async closed(): Promise<string> {
    await eventually(() => this.isClosed);
    return this.text;
  }
}

/** Text of so many bytes that nothing can make shorter. */
export const noise = (bytes: number): string =>
  randomBytes(Math.ceil(bytes / 2))
    .toString('hex')
    .slice(0, bytes);

export const streamsOf = (server: OpenServer): number => server.hub.streams;
