import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { program } from '../helpers/programs.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { openFixture } from '../webhooks/outgoing/fixtures.ts';

const SELF_SIGNED =
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1';

requireOrSkip(test, program('openssl'))(
  'a webhook at a server whose certificate nobody trusts gets no request, and the delivery says why; over http the bot is called',
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-certificate-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    execFileSync('openssl', [...SELF_SIGNED.split(' '), '-keyout', key, '-out', cert], { stdio: 'pipe' });
    const asked: string[] = [];
    const impostor = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      asked.push(String(request.url));
      response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    t.teardown(() => void impostor.close().closeAllConnections());

    const fixture = await openFixture(t);
    const echo = await fixture.bot('Echo', { url: `https://127.0.0.1:${(impostor.address() as AddressInfo).port}/bot` });
    const twin = await fixture.bot('Twin');
    await fixture.postText('@Echo and @Twin?');
    await fixture.settled();
    t.deepEqual(asked, []);
    const [attempt] = (await fixture.deliveries(echo))[0]?.attempts ?? [];
    t.is(attempt?.status, null);
    t.regex(attempt?.error ?? '', /certificate/i);
    t.is(twin.receiver.received.length, 1);
  },
);
