import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Client } from '../helpers/client.ts';
import { openSite } from '../helpers/site.ts';

/** A keep-alive connection with sequential requests. */
class Kept {
  readonly #socket: Socket;
  readonly #who: Client;
  received = '';
  isClosed = false;

  constructor(t: ExecutionContext, who: Client) {
    const { hostname, port } = new URL(who.url);
    this.#who = who;
    this.#socket = connect(Number(port), hostname).setEncoding('utf8');
    this.#socket.on('data', (chunk) => {
      this.received += chunk;
    });
    this.#socket.once('close', () => {
      this.isClosed = true;
    });
    t.teardown(() => void this.#socket.destroy());
  }

  send(path: string): void {
    const { host } = new URL(this.#who.url);
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${this.#who.cookieHeader}\r\nAccept: application/json\r\n\r\n`);
  }

  async until(found: (received: string) => boolean): Promise<void> {
    while (!found(this.received)) await once(this.#socket, 'data');
  }

  async closed(): Promise<void> {
    if (!this.isClosed) await once(this.#socket, 'close');
  }
}

test('leaving server: handles requests on open connections, closes them afterwards, and ends streams so that clients reconnect', async (t) => {
  const { server, ann, stream } = await openSite(t);
  const [page, program] = [new Kept(t, ann), new Kept(t, ann)];
  for (const kept of [page, program]) {
    kept.send('/healthz');
    await kept.until((received) => received.includes('"ok"'));
    t.notRegex(kept.received, /^connection: close/im);
  }
  const before = await stream(ann, '?as=json');
  const left = server.leave();
  await before.ended();
  t.false(page.isClosed || program.isClosed, 'an idle connection is left alone: a request may be on its way');

  page.send('/groups/lobby/messages');
  await page.closed();
  t.regex(page.received, /HTTP\/1\.1 200 (?!.*HTTP\/1\.1 200 ).*connection: close.*\[\]$/is);
  program.send('/groups/lobby/events?as=json');
  await program.closed();
  t.regex(
    program.received,
    /HTTP\/1\.1 200 OK\r\n(?:(?!HTTP\/1\.1).)*text\/event-stream(?:(?!HTTP\/1\.1).)*$/s,
    'an EventSource that is refused would not come back',
  );
  await t.throwsAsync(ann.get('/healthz'), undefined, 'nobody new is let in');
  await left;
});
