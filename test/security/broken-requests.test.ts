import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { startParley } from '../cluster/parley.ts';
import { newHook } from '../helpers/fixtures.ts';
import { signUpAt } from '../helpers/server.ts';
import { SlowSender } from './slow-sender.ts';

const ERROR = 50;

test('requests that break off or have wrong chunks leave no error and no secret in the log; a whole one posts', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-broken-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const parley = startParley(t, { DATA_DIR: dataDir, LOG_LEVEL: 'debug' });
  const url = await parley.url;
  const { host } = new URL(url);
  const ann = await signUpAt(url, 'Ann');
  const hook = await newHook(ann, 'Robo');
  const { text } = await ann.form('/settings/tokens', { name: 'script' });
  const [, token = ''] = /value="([A-Za-z0-9]{40})"/.exec(text) ?? [];
  const who = [{ Cookie: ann.cookieHeader }, { Authorization: `Bearer ${token}` }, {}];
  const targets = [
    'POST /groups/lobby/messages',
    'POST /groups',
    'PUT /groups/lobby/by-key/k',
    'POST /groups/lobby/read',
    'POST /login',
    `POST ${hook}`,
  ];
  const types = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=edge', 'text/plain'];
  const breaks = [
    { headers: { 'Content-Length': 100 }, content: '{"body":' },
    { headers: { 'Transfer-Encoding': 'chunked' }, content: 'zz\r\n{"body":"x"}' },
    { headers: { 'Transfer-Encoding': 'chunked' }, content: '0\r\nTrailer: x\r\n{"body":"x"}' },
    { headers: { 'Transfer-Encoding': 'chunked' }, content: 'fffffff\r\n{"body"' },
  ];
  for (const credentials of who)
    for (const target of targets)
      for (const type of types)
        for (const { headers, content } of breaks) {
          const sender = new SlowSender(t, url)
            .head(target, { Host: host, ...credentials, 'Content-Type': type, ...headers })
            .send(content);
          sender.socket.end();
          const status = await sender.closed();
          t.true(status < 500, `${target} ${type} ${content}: ${sender.answer}`);
        }
  t.is((await ann.json('POST', '/groups/lobby/messages', { body: 'whole' })).status, 201);
  const lines = parley.log.map((line) => JSON.stringify(line));
  t.deepEqual(parley.errors, []);
  t.deepEqual(
    lines.filter((_, at) => (parley.log[at]?.level ?? 0) >= ERROR),
    [],
  );
  const [, session = ''] = /parley=([^;]+)/.exec(ann.cookieHeader) ?? [];
  t.true(session.length > 20 && token.length === 40);
  const secrets = [session, token].flatMap((secret) => [secret, [...Buffer.from(secret)].join(',')]);
  for (const secret of secrets)
    t.false(
      lines.some((line) => line.includes(secret)),
      secret,
    );
});
