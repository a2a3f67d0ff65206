import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Core } from '../core.ts';
import { openFileLimit } from '../file-handles.ts';
import { networkOf } from '../network.ts';

type Counted = Socket & { [ADMIT]?: (() => void) | undefined };

const ADMIT = Symbol('admit');
const LOG_EVERY_MS = 60_000;

/** Reports that somebody is logged in over this request's connection: it no longer counts towards the limit of its network. */
export function admitConnection({ socket }: IncomingMessage): void {
  (socket as Counted)[ADMIT]?.();
}

/** File handles that connections leave to the database, files, calls of bots and so on; half of a limit that is less than twice this. */
const RESERVED_HANDLES = 512;

/** How many connections a process may have: what MAX_CONNECTIONS (0: no limit) and its limit of open files admit; undefined: any number. */
function connectionLimit(maxConnections: number, openFiles: number | undefined): number | undefined {
  const admitted = openFiles === undefined ? Number.POSITIVE_INFINITY : openFiles - Math.min(RESERVED_HANDLES, Math.ceil(openFiles / 2));
  const limit = Math.min(maxConnections === 0 ? Number.POSITIVE_INFINITY : maxConnections, admitted);
  return Number.isFinite(limit) ? limit : undefined;
}

/**
 * Limits the connections of a server: `maxConnections` in all, or fewer where the limit of open files is low; and `connectionsPerAddress` of those from
 * one network (see networkOf) over which nobody has logged in so far. A connection beyond a limit is closed. With `trustProxy` the addresses are those of
 * proxies, and on a Unix socket there are none: only the first limit holds.
 */
export function limitConnections(http: Server, { config, logger, meters }: Pick<Core, 'config' | 'logger' | 'meters'>): void {
  const { maxConnections, connectionsPerAddress, trustProxy, listen } = config;
  const limit = connectionLimit(maxConnections, openFileLimit());
  const refused = meters.refusedConnections;
  const warn = atMostOften(logger);
  http.on('drop', () => {
    refused.total += 1;
    warn(
      limit === maxConnections
        ? 'MAX_CONNECTIONS connections are open: new ones are closed'
        : 'as many connections are open as the limit of open files (ulimit -n, LimitNOFILE) admits: new ones are closed',
    );
  });
  if (limit !== undefined) Object.assign(http, { maxConnections: limit, dropMaxConnection: true }); // the second: also in a worker process
  if (connectionsPerAddress === 0 || trustProxy || listen !== undefined) return;
  const counts = new Map<string, number>();
  http.on('connection', (socket: Counted) => {
    const network = networkOf(socket.remoteAddress ?? '');
    const present = counts.get(network) ?? 0;
    if (present >= connectionsPerAddress) {
      socket.destroy();
      refused.address += 1;
      return warn('an address has MAX_CONNECTIONS_PER_ADDRESS connections without a log-in: further ones are closed', network);
    }
    counts.set(network, present + 1);
    const uncount = (): void => {
      socket[ADMIT] = undefined;
      socket.off('close', uncount);
      const left = (counts.get(network) ?? 1) - 1;
      if (left > 0) counts.set(network, left);
      else counts.delete(network);
    };
    socket[ADMIT] = uncount;
    socket.once('close', uncount);
  });
}

/** Logs the first of the events of a minute. */
function atMostOften(logger: Pick<Core['logger'], 'warn'>): (text: string, network?: string) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (text, network) => {
    if (performance.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = performance.now();
    logger.warn(network === undefined ? {} : { network }, text);
  };
}
