import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';

/** What is still read of a body that was refused, and for how long. */
const [MAX_BYTES, MAX_MS] = [4 * 1024 * 1024, 5000];
/** Such bodies at once: a flood of them would take 64 KiB for each read. */
const MAX_AT_ONCE = 20;

const discarding = new Set<IncomingMessage>();

/**
 * Discards the rest of a request's body, so that its sender reads the response: many clients read nothing before they have sent everything, and a socket
 * that is closed with unread bytes is reset, which may delete a response on its way (RFC 9112, section 9.6). The connection is closed after 5 s when the
 * rest is longer than 4 MiB or takes longer than that, and at once when there are too many of them; it can be used again otherwise.
 */
export function discardRest(ctx: Context): void {
  const request = ctx.req;
  if (request.complete || request.destroyed || discarding.has(request)) return;
  if (discarding.size >= MAX_AT_ONCE) {
    ctx.set('Connection', 'close');
    return;
  }
  discarding.add(request);
  const timer = setTimeout(() => request.socket.destroySoon(), MAX_MS).unref();
  let left = MAX_BYTES;
  request.on('data', ({ length }: Buffer) => {
    left -= length;
    if (left < 0) request.pause();
  });
  const done = (): void => {
    clearTimeout(timer);
    discarding.delete(request);
  };
  request
    .on('error', () => {})
    .once('close', done)
    .resume();
}
