import type { RequestListener, Server } from 'node:http';
import { trackIdleSockets } from './idle-sockets.ts';

/** How long a connection stays open between two requests. */
export const KEEP_ALIVE_MS = 10_000;

/** How long a request may take to arrive: an upload over a slow line. Whoever reads a body has a shorter limit of its own (input.ts, multipart.ts). */
export const REQUEST_MS = 1_800_000;

/** What clients connect to. It may listen before there is anything to answer with. */
export type HttpListener = {
  readonly http: Server;
  /** From here on requests are answered, first those that wait. */
  open(answer: RequestListener): void;
  /** Closes the connections over which nothing was ever asked. */
  closeIdle(): void;
};

/** A front that is not listening yet, and lets requests wait until it is opened. */
export function createListener(): HttpListener {
  // An import would evaluate all that the module exports, and so load the whole of fetch: 30 ms of a start, and 11 MB.
  const { createServer } = process.getBuiltinModule('node:http');
  const http = createServer({ requestTimeout: REQUEST_MS, headersTimeout: 20_000, keepAliveTimeout: KEEP_ALIVE_MS });
  const closeIdle = trackIdleSockets(http);
  const waiting: Parameters<RequestListener>[] = [];
  const wait: RequestListener = (...asked) => void waiting.push(asked);
  http.on('request', wait);
  const open = (answer: RequestListener): void => {
    http.off('request', wait).on('request', answer);
    for (const [request, response] of waiting.splice(0)) if (!response.destroyed) answer(request, response);
  };
  return { http, open, closeIdle };
}
