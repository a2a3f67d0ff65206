import { brotliCompressSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { bodiesFor, newHook, openLobby } from '../helpers/fixtures.ts';

const BOMB = `{"body":"${'x'.repeat(16 * 1024 * 1024)}","name":"Ann","password":"x"}`;
const CODINGS = { gzip: gzipSync, br: brotliCompressSync } as const;

test('compressed bodies are refused by forms and API without being decompressed, with a reason; an incoming webhook takes a small one', async (t) => {
  const site = await openLobby(t);
  const hook = await newHook(site.ann, 'Alerts');
  for (const [coding, compress] of Object.entries(CODINGS)) {
    const bomb = compress(BOMB);
    t.true(bomb.length < 100_000, `${bomb.length}`);
    for (const path of ['/groups/lobby/messages', '/login', '/settings/password', '/groups'])
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const answer = await site.ann.send(path, {
          method: 'POST',
          body: path === '/login' ? bomb.subarray(0, 10_000) : bomb,
          headers: { Accept: 'application/json', 'Content-Type': type, 'Content-Encoding': coding },
        });
        t.deepEqual([answer.status, answer.json().code], [400, 'malformed'], `${path} ${type}`);
        t.regex(String(answer.json().detail), new RegExp(`Content-Encoding is ${coding}`), `${path} ${type}`);
      }
  }
  t.deepEqual(await bodiesFor(site.ann), []);
  const identity = { Accept: 'application/json', 'Content-Type': 'text/plain', 'Content-Encoding': 'identity' };
  t.is((await site.ann.send('/groups/lobby/messages', { method: 'POST', body: 'plain', headers: identity })).status, 201);
  const small = {
    method: 'POST',
    body: gzipSync('{"text":"compressed"}'),
    headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
  };
  t.is((await site.client().send(hook, small)).status, 200);
  t.deepEqual(await bodiesFor(site.ann), ['plain', 'compressed']);
});
