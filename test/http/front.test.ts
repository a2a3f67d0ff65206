import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createListener, type HttpListener } from '../../lib/http/listener.ts';

const echo: RequestListener = async (asked, answer) => {
  for await (const chunk of asked) answer.write(chunk);
  answer.end(` from ${asked.url}`);
};

async function listening(t: ExecutionContext): Promise<{ front: HttpListener; port: number }> {
  const front = createListener();
  front.http.listen(0, '127.0.0.1');
  await once(front.http, 'listening');
  t.teardown(() => void front.http.close().closeAllConnections());
  return { front, port: (front.http.address() as AddressInfo).port };
}

/** A request whose server side is there: the body may still be missing. */
async function ask({ front, port }: { front: HttpListener; port: number }, path: string): Promise<ClientRequest> {
  const arrived = once(front.http, 'request');
  const asking = request({ port, host: '127.0.0.1', path, method: 'POST', agent: false });
  asking.on('error', () => {});
  asking.flushHeaders();
  await arrived;
  return asking;
}

async function textOf(asking: ClientRequest): Promise<string> {
  const [answer]: [IncomingMessage] = (await once(asking, 'response')) as [IncomingMessage];
  return (await answer.setEncoding('utf8').toArray()).join('');
}

test('listener: a request that arrives before the application is ready waits, with its body', async (t) => {
  const site = await listening(t);
  const [first, second] = [await ask(site, '/1'), await ask(site, '/2')];
  first.end('early');
  second.write('half');
  site.front.open(echo);
  second.end(' and half');
  t.deepEqual(await Promise.all([first, second].map(textOf)), ['early from /1', 'half and half from /2']);
});

test('listener: a later request is handled once and at once', async (t) => {
  const site = await listening(t);
  const listeners = site.front.http.listenerCount('request');
  site.front.open(echo);
  t.is(site.front.http.listenerCount('request'), listeners); // or each request would still be held as one that waits
  t.is(await textOf((await ask(site, '/3')).end('late')), 'late from /3');
});

test('listener: a client that disconnected while waiting is not handled', async (t) => {
  const site = await listening(t);
  const gone = once(site.front.http, 'request').then(([, answer]) => once(answer, 'close'));
  (await ask(site, '/left')).destroy();
  await gone;
  const stays = await ask(site, '/stays');
  const answered: (string | undefined)[] = [];
  site.front.open((asked, answer) => {
    answered.push(asked.url);
    answer.end('hello');
  });
  t.is(await textOf(stays.end()), 'hello');
  t.deepEqual(answered, ['/stays']);
});
