import type { RequestListener, Server } from 'node:http';
import type { Core } from '../core.ts';
import { limitConnections } from './connections.ts';
import { trackIdleSockets } from './idle-sockets.ts';

/** How long a connection stays open between two requests. */
export const KEEP_ALIVE_MS = 10_000;

/** How long a request may take to arrive, such as an upload over a slow connection. Body readers have shorter limits (input.ts, multipart.ts). */
export const REQUEST_MS = 1_800_000;

/** The HTTP server. It may listen before the application is ready. */
export type HttpListener = {
  readonly http: Server;
  /** Passes requests to `handler` from now on, first those that are waiting. */
  open(handler: RequestListener): void;
  /** Closes connections without any request so far. */
  closeIdle(): void;
};

/** Creates a server that does not listen yet; requests wait until `open`. Its connections are limited by the configuration. */
export function createListener(core: Pick<Core, 'config' | 'logger' | 'meters'>): HttpListener {
  // An import would evaluate all exports of the module, and so load fetch: 30 ms of start-up time and 11 MB.
  const { createServer } = process.getBuiltinModule('node:http');
  const http = createServer({ requestTimeout: REQUEST_MS, headersTimeout: 20_000, keepAliveTimeout: KEEP_ALIVE_MS });
  limitConnections(http, core);
  const closeIdle = trackIdleSockets(http);
  const waiting: Parameters<RequestListener>[] = [];
  const wait: RequestListener = (...args) => void waiting.push(args);
  http.on('request', wait);
  const open = (handler: RequestListener): void => {
    http.off('request', wait).on('request', handler);
    for (const [request, response] of waiting.splice(0)) if (!response.destroyed) handler(request, response);
  };
  return { http, open, closeIdle };
}
