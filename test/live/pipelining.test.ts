import { connect } from 'node:net';
import test from 'ava';
import { startServerFor } from '../helpers/server.ts';

for (const path of ['/groups/lobby/events?as=json', '/groups/lobby/live', '/events', '/groups/%6Cobby/events'])
  test(`${path}: a stream begins after the responses that are still due on its connection`, async (t) => {
    t.timeout(180_000);
    const site = await startServerFor(t);
    const ann = await site.signUp('Ann');
    const socket = connect(Number(new URL(site.url).port), '127.0.0.1').setEncoding('utf8');
    t.teardown(() => socket.destroy());
    const texts = socket[Symbol.asyncIterator](); // keeps what comes between two reads; listeners for one event would not
    let seen = '';
    const until = async (isSeen: () => boolean): Promise<void> => {
      while (!isSeen()) {
        const { done, value } = await texts.next();
        if (done) return t.fail(`closed after: ${seen.slice(-500)}`);
        seen += value;
      }
    };
    const head = `HTTP/1.1\r\nHost: localhost\r\nCookie: ${ann.cookieHeader}\r\n\r\n`;
    socket.write(`GET /groups/lobby ${head}GET /healthz ${head}GET ${path} ${head}`);
    await until(() => /\r\n\r\n(?:(?:3\r\n)?:|<!doctype)/i.test(seen.slice(seen.lastIndexOf('HTTP/1.1 '))));
    t.deepEqual(
      [...seen.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
      ['200', '200', '200'],
    );
    await ann.json('POST', '/groups/lobby/messages', { body: 'after the others' });
    await until(() => seen.includes('after the others'));
    t.pass();
  });
