import type { ServerResponse } from 'node:http';
import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import type { UserId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { Connection } from './connection.ts';
import type { StreamListener } from './follower.ts';

/** Every open stream of this process, of every kind: enforces the limit per user, and ends streams on revocation and expiry. */
export class Streams {
  readonly #core: Pick<Core, 'config' | 'meters' | 'store' | 'now'>;
  readonly #all = new Set<Connection>();
  readonly #perUser = new Map<UserId, number>();

  constructor(core: Pick<Core, 'config' | 'meters' | 'store' | 'now'>) {
    this.#core = core;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Counts a stream synchronously, so that concurrent requests cannot exceed the limit. Errors: `tooMany`. */
  open(listener: StreamListener, response: ServerResponse): Connection {
    const { user } = listener;
    const most = this.#core.config.streamsPerUser;
    const present = this.#perUser.get(user) ?? 0;
    if (most > 0 && present >= most) throw tooMany(`Too many open streams: ${most} at most. Close some tabs.`, 5000);
    const connection = new Connection(listener, response, this.#core.meters);
    this.#perUser.set(user, present + 1);
    this.#all.add(connection);
    connection.atEnd(() => this.#onEnd(connection));
    return connection;
  }

  #onEnd(connection: Connection): void {
    const { user } = connection.listener;
    this.#all.delete(connection);
    const left = (this.#perUser.get(user) ?? 1) - 1;
    if (left > 0) this.#perUser.set(user, left);
    else this.#perUser.delete(user);
  }

  /** Ends the streams that an account-level revocation names. */
  revoke(entry: Entry): void {
    if (entry.kind !== 'revoke') return;
    for (const connection of [...this.#all]) {
      const { user, ref } = connection.listener;
      if (user === entry.member && (entry.scope === 'account' || entry.ref === ref)) connection.revoke('You have been logged out.');
    }
  }

  /** Ends the streams whose session has expired, and extends those whose session was used meanwhile. Revoked tokens are handled by `revoke`. Errors: StoreUnavailable. */
  async expire(): Promise<void> {
    const { store, now } = this.#core;
    for (const connection of [...this.#all].filter(({ until }) => until < now())) {
      const session = await store.sessions.get(connection.listener.ref, now());
      if (session) connection.until = session.expiresAt;
      else connection.revoke('You have been logged out.');
    }
  }

  heartbeat(frameMaxMs: number): void {
    for (const connection of [...this.#all]) connection.heartbeat(frameMaxMs);
  }

  /** Ends the streams that have started; clients reconnect to the server that is up then. */
  end(): void {
    for (const connection of [...this.#all]) if (connection.isStarted) connection.end();
  }
}
