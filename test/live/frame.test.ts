import test from 'ava';
import { groupAccess, removeMember } from '../../lib/groups/operations.ts';
import { edit, post } from '../../lib/messages/operations.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, noise, numbers, openSite } from '../helpers/site.ts';

const seqsIn = (html: string): number[] => [...html.matchAll(/id="m-(\d+)"/g)].map(([, seq]) => Number(seq));

test('live document: has neither chunks nor a length, and ends with its connection', async (t) => {
  const { bob, post: postAsAnn } = await openSite(t);
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  const html = await frame.until((text) => text.includes('id="m-2"'));
  const [head = '', ...body] = html.split('\r\n\r\n');
  t.regex(head, /^HTTP\/1\.1 200 OK/);
  t.notRegex(head, /transfer-encoding|content-length|content-encoding/i);
  t.regex(head, /^connection: close$/im);
  t.regex(head, /^content-type: text\/html; charset=utf-8$/im);
  t.regex(head, /^cache-control: no-store, no-transform$/im);
  t.regex(body.join(''), /^<!doctype html>/);
  t.regex(html, /<meta http-equiv="refresh" content="\d+">/);
  await postAsAnn('no sizes between the rows');
  const row = (await frame.until((text) => text.includes('no sizes between'))).slice(html.length);
  t.regex(row, /^\s*<article id="m-3"/);
});

test('live document: starts with the newest messages; new ones are appended', async (t) => {
  const { bob, post: postAsAnn } = await openSite(t);
  await postAsAnn(...numbers(3, 72).map((seq) => `message ${seq}`));
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  await frame.until((text) => text.includes('message 72'));
  t.deepEqual(seqsIn(frame.text), numbers(23, 72));
  await postAsAnn('a', 'b', 'c');
  await frame.until((text) => text.includes('id="m-75"'));
  t.deepEqual(seqsIn(frame.text), numbers(23, 75));
  t.false(frame.isClosed);
});

test('live document: a change to an earlier message ends it; it reloads and shows the change', async (t) => {
  const { core, bob, bobUser, lobby } = await openSite(t);
  const at = await groupAccess(core, bobUser, lobby);
  const { message } = await post(core, at, { body: 'soup' });
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  await frame.until((text) => text.includes('soup'));
  await post(core, at, { body: 'bread' });
  await edit(core, at, message.seq, 'stew');
  const html = await frame.closed();
  t.true(html.includes('bread'));
  const again = new RawReader(t, bob, `${LOBBY}/live`).read();
  await again.until((text) => text.includes('stew'));
});

test('live document: ends for a removed member, who cannot open another', async (t) => {
  const { core, bob, annUser, bobUser, lobby, post: postAsAnn } = await openSite(t);
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  await frame.until((text) => text.includes('id="m-2"'));
  await removeMember(core, annUser.id, lobby, bobUser);
  await postAsAnn('without him');
  const html = await frame.closed();
  t.true(html.includes('Ann removed Bob'));
  t.false(html.includes('without him'));
  t.is((await bob.get(`${LOBBY}/live`)).status, 404);
});

test('live document: ends past its maximum size and reloads with the newest messages', async (t) => {
  const { bob, post: postAsAnn } = await openSite(t);
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  await frame.until((text) => text.includes('id="m-2"'));
  await postAsAnn(...numbers(1, 40).map(() => noise(60_000)));
  await frame.closed();
  t.true(frame.received.length > 2 * 1024 * 1024);
  const seen = seqsIn(frame.text).slice(2);
  t.deepEqual(seen, numbers(3, seen.at(-1) ?? 0));
  const again = new RawReader(t, bob, `${LOBBY}/live`).read();
  await again.until((text) => text.includes('id="m-42"'));
  again.socket.destroy();
});

test('live document: ends past its maximum age and reloads with the newest messages', async (t) => {
  const { bob } = await openSite(t, { heartbeatMs: 20, frameMaxMs: 60 });
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  const html = await frame.closed();
  t.true(html.includes('id="m-2"'));
  t.regex(html, /<!-- -->\n<meta http-equiv="refresh" content="1">\n$/);
});

test('live document: a heartbeat between its request and its start does not refuse it, though the process is older than a document may be', async (t) => {
  const { core, bob } = await openSite(t, { heartbeatMs: 20, frameMaxMs: 60 });
  const other = new RawReader(t, bob, `${LOBBY}/events`).read();
  const beats = (text: string): number => text.split('\n:\n').length;
  await other.until((text) => beats(text) > 1);
  const { isCurrent } = core.lookupCache;
  core.lookupCache.isCurrent = async (stamp) => {
    const before = beats(other.text);
    await other.until((text) => beats(text) > before + 1);
    return isCurrent(stamp);
  };
  const frame = new RawReader(t, bob, `${LOBBY}/live`).read();
  t.regex(await frame.closed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*id="m-2"[\s\S]*<meta http-equiv="refresh" content="1">\n$/);
});

test('live document: a stream opened while the server stops starts and ends without an error', async (t) => {
  const { core, server, bob } = await openSite(t);
  const errors: unknown[] = [];
  Object.assign(core.logger, { error: (fields: unknown) => errors.push(fields) });
  await server.hub.close();
  for (const path of [`${LOBBY}/live`, `${LOBBY}/events`]) {
    const text = await new RawReader(t, bob, path).read().closed();
    t.regex(text, /^HTTP\/1\.1 200 OK\r\n/, path);
  }
  t.deepEqual(errors, []);
});
