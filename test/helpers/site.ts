import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { User } from '../../lib/accounts/port.ts';
import type { Group } from '../../lib/groups/port.ts';
import { newUid, systemRandom } from '../../lib/ids.ts';
import type { Entry } from '../../lib/log/entry.ts';
import type { Client } from './client.ts';
import { groupAt, type LobbySite, openLobby, userNamed } from './fixtures.ts';
import type { TestOptions } from './server.ts';
import { EventReader } from './stream.ts';

/** Ann and Bob in Lobby with their records, messages and streams. */
export type Site = LobbySite & {
  readonly lobby: Group;
  readonly annUser: User;
  readonly bobUser: User;
  /** Appends messages of Ann concurrently, without request limits. */
  post(...bodies: string[]): Promise<Entry[]>;
  /** Opens an event stream of Lobby, closed with the test. */
  stream(who: Client, query?: string, headers?: Record<string, string>): Promise<EventReader>;
};

export const LOBBY = '/groups/lobby';

/** A server without a limit on posts, with Ann and Bob in Lobby; closed with the test. */
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

/** The whole numbers from `from` to `to`, both included. */
export const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Random hexadecimal digits, `bytes` of them: text that compresses to half at best. */
export const noise = (bytes: number): string =>
  randomBytes(Math.ceil(bytes / 2))
    .toString('hex')
    .slice(0, bytes);
