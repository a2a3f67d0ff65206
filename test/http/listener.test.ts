import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { readConfig } from '../../lib/config.ts';
import { createListener, type HttpListener } from '../../lib/http/listener.ts';
import { Meters } from '../../lib/metrics/meters.ts';

const echo: RequestListener = async (asked, answer) => {
  for await (const chunk of asked) answer.write(chunk);
  answer.end(` from ${asked.url}`);
};

async function listening(t: ExecutionContext): Promise<{ listener: HttpListener; port: number }> {
  const listener = createListener({
    config: readConfig({}),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    meters: new Meters(),
  });
  listener.http.listen(0, '127.0.0.1');
  await once(listener.http, 'listening');
  t.teardown(() => void listener.http.close().closeAllConnections());
  return { listener, port: (listener.http.address() as AddressInfo).port };
}

/** Sends a request; resolves once the server has its headers. The body may still be missing. */
async function ask({ listener, port }: { listener: HttpListener; port: number }, path: string): Promise<ClientRequest> {
  const arrived = once(listener.http, 'request');
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
  site.listener.open(echo);
  second.end(' and half');
  t.deepEqual(await Promise.all([first, second].map(textOf)), ['early from /1', 'half and half from /2']);
});

test('listener: a later request is handled once and at once', async (t) => {
  const site = await listening(t);
  const count = site.listener.http.listenerCount('request');
  site.listener.open(echo);
  t.is(site.listener.http.listenerCount('request'), count); // the listener that held early requests is removed
  t.is(await textOf((await ask(site, '/3')).end('late')), 'late from /3');
});

test('listener: a client that disconnected while waiting is not handled', async (t) => {
  const site = await listening(t);
  const gone = once(site.listener.http, 'request').then(([, answer]) => once(answer, 'close'));
  (await ask(site, '/left')).destroy();
  await gone;
  const stays = await ask(site, '/stays');
  const answered: (string | undefined)[] = [];
  site.listener.open((asked, answer) => {
    answered.push(asked.url);
    answer.end('hello');
  });
  t.is(await textOf(stays.end()), 'hello');
  t.deepEqual(answered, ['/stays']);
});
