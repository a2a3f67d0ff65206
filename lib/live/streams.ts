import type { ServerResponse } from 'node:http';
import type { Core } from '../core.ts';
import type { Entry } from '../log/entry.ts';
import { Connection } from './connection.ts';
import type { StreamListener } from './follower.ts';
import { StreamCounts } from './stream-counts.ts';

type Parts = Pick<Core, 'config' | 'meters' | 'store' | 'now' | 'bus' | 'secrets'>;

/** Every open stream of this process, of every kind: enforces the limit per user, and ends streams on revocation and expiry. */
export class Streams {
  readonly #core: Parts;
  readonly #all = new Set<Connection>();
  readonly #counts: StreamCounts;

  constructor(core: Parts) {
    this.#core = core;
    this.#counts = new StreamCounts(core);
  }

  get size(): number {
    return this.#all.size;
  }

  /** Opens a stream, if this process has not too many of its user. Errors: `tooMany`. */
  open(listener: StreamListener, response: ServerResponse): Connection {
    this.#counts.add(listener.user);
    const connection = new Connection(listener, response, this.#core.meters);
    this.#all.add(connection);
    connection.atEnd(() => {
      this.#all.delete(connection);
      this.#counts.remove(listener.user);
    });
    return connection;
  }

  /** Resolves when an opened stream is within the limit of its user over all processes. Errors: `tooMany`. */
  checkCount({ listener }: Connection): Promise<void> {
    return this.#counts.check(listener.user);
  }

  /** Ends the streams that an account-level revocation names. */
  revoke(entry: Entry): void {
    if (entry.kind !== 'revoke' || entry.scope === 'group') return;
    for (const connection of [...this.#all]) {
      const { user, ref } = connection.listener;
      if (user === entry.member && (entry.scope === 'account' || entry.ref === ref)) connection.revoke('loggedOut');
    }
  }

  /** Ends the streams whose session has expired, and extends those whose session was used meanwhile. Revoked tokens are handled by `revoke`. Errors: StoreUnavailable. */
  async expire(): Promise<void> {
    const { store, now } = this.#core;
    for (const connection of [...this.#all].filter(({ until }) => until < now())) {
      const session = await store.sessions.get(connection.listener.ref, now());
      if (session) connection.until = session.expiresAt;
      else connection.revoke('loggedOut');
    }
  }

  heartbeat(frameMaxMs: number): void {
    for (const connection of [...this.#all]) connection.heartbeat(frameMaxMs);
    this.#counts.renew();
  }

  /** Ends the streams that have started; clients reconnect to the server that is up then. */
  end(): void {
    for (const connection of [...this.#all]) if (connection.isStarted) connection.end();
  }
}
