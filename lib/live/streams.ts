import type { ServerResponse } from 'node:http';
import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import type { UserId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import { Connection } from './connection.ts';
import type { StreamListener } from './follower.ts';

/** Every open stream of this process, of whatever kind: so many per user, and all that a revocation or a heartbeat has to find. */
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

  /** Counts a stream before anything is waited for, so that a crowd of requests at once finds the limit too. Errors: `tooMany`. */
  open(listener: StreamListener, response: ServerResponse): Connection {
    const { user } = listener;
    const most = this.#core.config.streamsPerUser;
    const present = this.#perUser.get(user) ?? 0;
    if (most > 0 && present >= most) throw tooMany(`Too many open streams: ${most} at most. Close some tabs.`, 5000);
    const connection = new Connection(listener, response, this.#core.meters);
    this.#perUser.set(user, present + 1);
    this.#all.add(connection);
    connection.atEnd(() => this.#over(connection));
    return connection;
  }

  #over(connection: Connection): void {
    const { user } = connection.listener;
    this.#all.delete(connection);
    const left = (this.#perUser.get(user) ?? 1) - 1;
    if (left > 0) this.#perUser.set(user, left);
    else this.#perUser.delete(user);
  }

  /** Ends those that an account-level act names. */
  revoke(entry: Entry): void {
    if (entry.kind !== 'revoke') return;
    for (const connection of [...this.#all]) {
      const { user, ref } = connection.listener;
      if (user === entry.member && (entry.scope === 'account' || entry.ref === ref)) connection.revoke('You have been logged out.');
    }
  }

  /** Ends those whose session has run out; one that was used meanwhile runs longer. A token that ends is revoked. Errors: StoreUnavailable. */
  async expire(): Promise<void> {
    const { store, now } = this.#core;
    for (const connection of [...this.#all].filter(({ until }) => until < now())) {
      const session = await store.sessions.get(connection.listener.ref, now());
      if (session) connection.until = session.expiresAt;
      else connection.revoke('You have been logged out.');
    }
  }

  beat(frameMaxMs: number): void {
    for (const connection of [...this.#all]) connection.beat(frameMaxMs);
  }

  /** Ends those that have begun; clients come back to whoever answers then. */
  end(): void {
    for (const connection of [...this.#all]) if (connection.isStarted) connection.end();
  }
}
