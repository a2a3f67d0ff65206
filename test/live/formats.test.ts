import test from 'ava';
import fc from 'fast-check';
import { groupAccess } from '../../lib/groups/operations.ts';
import { sseFrame } from '../../lib/live/frame.ts';
import { edit, erase, post, react } from '../../lib/messages/operations.ts';
import { RawReader } from '../helpers/raw-reader.ts';
import { LOBBY, openSite } from '../helpers/site.ts';

/** Parses an event stream by the standard (HTML, section 9.2.6). */
function parse(stream: string): { data: string; id: string; event: string }[] {
  const events: { data: string; id: string; event: string }[] = [];
  let [data, id, event] = ['', '', ''];
  for (const line of stream.split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data !== '') events.push({ data: data.slice(0, -1), id, event: event || 'message' });
      [data, event] = ['', ''];
      continue;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(line) ?? [];
    if (field === 'data') data += `${value}\n`;
    if (field === 'event') event = value;
    if (field === 'id') id = value;
  }
  return events;
}

test('frames: any text is one event and cannot add a field', (t) => {
  const nasty = fc.string({
    unit: fc.constantFrom('\r', '\n', '\r\n', 'id: 9', 'event: x', 'data:', ':', ' ', '\u2028', '\u0085', 'é', '🎉'),
  });
  fc.assert(
    fc.property(nasty, fc.nat(), (data, id) => {
      t.deepEqual(parse(sseFrame(data, { id })), [{ data: data.replace(/\r\n?/g, '\n'), id: String(id), event: 'message' }]);
    }),
  );
  t.throws(() => sseFrame('x', { event: 'a\nid: 1' }));
  t.throws(() => sseFrame('x', { id: '1\r' }));
});

test('frames: a body with many lines, unusual separators and protocol words stays one event in every stream', async (t) => {
  const { bob, post, stream } = await openSite(t);
  const body = 'one\ntwo\n\nid: 99\nevent: closed\ndata: three\u2028four\u0085five';
  const [page, program] = [await stream(bob), await stream(bob, '?as=json')];
  await post(body);
  await program.until((events) => events.length === 1);
  t.is(JSON.parse(program.events[0]?.data ?? '').body, body);
  await page.until(() => page.ids.length === 1);
  const [row, ...more] = page.events.filter(({ data }) => data.includes('<article'));
  t.deepEqual([row?.id?.split('.')[0], row?.event, more.length], ['3', 'message', 0]);
  t.regex(row?.data ?? '', /id="m-3"/);
});

test('formats: a page gets rows, with a change as the changed row, marked; a program gets every entry', async (t) => {
  const { core, ann, bob, bobUser, lobby, stream } = await openSite(t);
  const [page, program] = [await stream(ann), await stream(ann, '?as=json')];
  const at = await groupAccess(core, bobUser, lobby);
  const { message } = await post(core, at, { body: 'soup <b>' });
  await edit(core, at, message.seq, 'stew @Ann');
  await react(core, at, message.seq, '👍', true);
  await erase(core, at, message.seq);
  await program.until((events) => events.length === 4);
  const said = program.events.map(({ data }) => JSON.parse(data));
  t.deepEqual(
    said.map(({ kind, seq, target }) => [kind, seq, target]),
    [
      ['message', 3, undefined],
      ['edit', 4, 3],
      ['react', 5, 3],
      ['erase', 6, 3],
    ],
  );
  t.like(said[0], { body: 'soup <b>', group: 'lobby', author: { name: 'Bob' } });
  for (const one of said) for (const secret of ['uid', 'mac', 'key', 'due']) t.false(secret in one, secret);
  await page.until(() => page.ids.length === 4);
  const rows = page.events.filter(({ id }) => id !== undefined).map(({ data }) => data);
  t.deepEqual(
    rows.map((row) => [row.includes('<article data-follow='), /id="(m-\d+)"/.exec(row)?.[1]]),
    [
      [false, 'm-3'],
      [true, 'm-3'],
      [true, 'm-3'],
      [true, 'm-3'],
    ],
  );
  t.true(rows[0]?.includes('soup &lt;b&gt;'));
  t.true(rows[3]?.includes('Message erased'));
  t.is((await bob.get(`${LOBBY}/messages/3`, 'application/json')).json().erased, true);
});

test('formats: text has a line for each message and visible event, with further lines indented', async (t) => {
  const { core, bob, bobUser, lobby, post: postAsAnn } = await openSite(t);
  const raw = new RawReader(t, bob, `${LOBBY}/events?as=text&after=0`).read();
  await raw.until((text) => text.includes('* Bob joined\n'));
  await postAsAnn('hello\nthere');
  const at = await groupAccess(core, bobUser, lobby);
  await react(core, at, 3, '👍', true);
  const { message } = await post(core, at, { body: 'soup' });
  await edit(core, at, message.seq, 'stew');
  await erase(core, at, message.seq);
  const text = await raw.until((received) => received.includes('erased #5'));
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Type: text\/plain; charset=utf-8\r\n/i);
  const lines = text
    .split('\r\n\r\n')
    .slice(1)
    .join('')
    .split(/\r?\n/)
    .filter((line) => !/^[0-9a-f]*$/.test(line));
  t.deepEqual(lines, ['* Ann joined', '* Bob joined', 'Ann: hello', '  there', 'Bob: soup', 'Bob: (edited #5) stew', '* Bob erased #5']);
});

test('formats: a bearer token gets JSON unless it requests another format', async (t) => {
  const { core, bob, bobUser, post: postAsAnn, stream } = await openSite(t);
  const { createToken } = await import('../../lib/accounts/tokens.ts');
  const { token } = await createToken(core, bobUser);
  const [plain, html] = [await stream(bob.bearer(token)), await stream(bob.bearer(token), '?as=html')];
  await postAsAnn('hi');
  await plain.until((events) => events.length === 1);
  t.is(JSON.parse(plain.events[0]?.data ?? '').body, 'hi');
  await html.until((events) => events.some(({ data }) => data.includes('<article')));
});

test('formats: all streams of a format get identical bytes that are rendered once', async (t) => {
  const { ann, bob, post: postAsAnn, stream } = await openSite(t);
  const [mine, theirs] = [await stream(ann), await stream(bob)];
  await postAsAnn('the same for all');
  for (const reader of [mine, theirs]) await reader.until(() => reader.ids.length === 1);
  const row = (reader: typeof mine) => reader.events.find(({ id }) => id?.startsWith('3.'))?.data;
  t.is(row(mine), row(theirs));
});
