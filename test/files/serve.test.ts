import test from 'ava';
import type { Client } from '../helpers/client.ts';
import { type LobbySite, openLobby } from '../helpers/fixtures.ts';
import { download, newImage, noise, posted, programOf } from './fixtures.ts';

/** Without it fetch sends `no-cache`, which requests the full response. */
const HAS = { 'Cache-Control': 'max-age=0' };
const SECRET = 'what only members may read';

/** Status and body of the response to a user without access. */
async function textsOf(who: Client, path: string): Promise<[number, string]> {
  const { status, text } = await who.get(path, 'application/json');
  return [status, text.replace(/"request_id":"\w+"/, '')];
}

/** A message of Ann's with a file and an image. */
async function withFiles(site: LobbySite) {
  const content = await newImage(900, 700).png().toBuffer();
  const message = await posted(site.ann, [
    { name: 'secret.txt', content: SECRET },
    { name: 'secret.png', content },
  ]);
  const [text, image] = message.attachments;
  if (!text || !image?.thumb_url) throw new Error('files are missing');
  return { ...message, paths: [text.url, `/files/${text.id}`, `/files/${text.id}/any-other-name`, image.url, image.thumb_url] };
}

test('files: members of the group get a file; to others it looks like one that does not exist', async (t) => {
  const site = await openLobby(t);
  const { paths } = await withFiles(site);
  const eve = await site.signUp('Eve');
  const [absent] = [await textsOf(eve, `/files/${'0'.repeat(26)}`)];
  t.is(absent[0], 404);
  for (const path of paths) {
    for (const member of [site.ann, site.bob, await programOf(site.bob)]) t.is((await member.get(path)).status, 200, path);
    t.deepEqual(await textsOf(eve, path), absent, path);
    t.deepEqual(await textsOf(await programOf(eve), path), absent, path);
    t.is((await site.client().get(path, 'application/json')).status, 401, 'a visitor is asked to log in, there or not');
    t.is((await site.client().get(path)).headers.get('location'), `/login?return_to=${encodeURIComponent(path)}`);
  }
  t.is((await site.client().get(`/files/${'0'.repeat(26)}`, 'application/json')).status, 401);
  for (const path of ['/files/x', '/files/..%2F..%2Fparley.db', `/files/${'0'.repeat(26)}/thumb`, '/files/%00', '/files/{"$ne":null}'])
    t.is((await textsOf(site.ann, path))[0], 404, path);
});

test('files: a member who leaves loses access at once, and has it again after returning', async (t) => {
  const site = await openLobby(t);
  const { paths } = await withFiles(site);
  await site.bob.form('/groups/lobby/members', { action: 'leave' });
  const group = await site.core.store.groups.bySlug('lobby');
  const bob = await site.core.store.users.byNameKey('bob');
  if (group && bob) t.false((await site.core.store.memberships.get(group.id, bob.id))?.in);
  for (const path of paths) t.is((await site.bob.get(path, 'application/json')).status, 404, path);
  await site.bob.form('/groups/join', { slug: 'lobby' });
  for (const path of paths) t.is((await site.bob.get(path)).status, 200, path);
});

test('files: erasing a message removes access to its files at once, undo restores it, and without undo they are removed', async (t) => {
  const site = await openLobby(t);
  const { seq, paths } = await withFiles(site);
  const statuses = () => Promise.all(paths.map(async (path) => (await site.ann.get(path, 'application/json')).status));
  const tag = (await site.bob.open(paths[0] ?? '')).headers.get('etag') ?? '';
  await site.ann.form(`/groups/lobby/messages/${seq}/erase`, {});
  t.deepEqual(await statuses(), [404, 404, 404, 404, 404]);
  t.is((await site.bob.get(paths[0] ?? '', 'text/plain', { 'If-None-Match': tag, ...HAS })).status, 404, 'also for whoever has a copy');
  await site.ann.form(`/groups/lobby/messages/${seq}/unerase`, {});
  t.deepEqual(await statuses(), [200, 200, 200, 200, 200]);
  await site.ann.form(`/groups/lobby/messages/${seq}/erase`, {});
  site.clock.turn(60_000);
  await site.server.sweep();
  t.deepEqual(await statuses(), [404, 404, 404, 404, 404]);
  t.like((await site.bob.get(`/groups/lobby/messages/${seq}`, 'application/json')).json(), { erased: true, attachments: [] });
});

test('files: response headers depend on the content of a file, not on its name', async (t) => {
  const site = await openLobby(t);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const wav = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(28)]);
  const hostile = [
    { name: 'a.png', content: svg, type: 'image/png' },
    { name: 'b.png', content: '<!doctype html><script>alert(1)</script>', type: 'image/png' },
    { name: 'c.png', content: '<?xml version="1.0"?><x/>', type: 'image/png' },
    { name: 'd.png', content: '%PDF-1.7\n%âãÏÓ', type: 'image/png' },
    { name: 'e.svg', content: svg, type: 'image/svg+xml' },
    { name: 'f.html', content: '<script>alert(1)</script>', type: 'text/html' },
  ];
  const tame = [
    { name: 'g.html', content: await newImage(5, 5).png().toBuffer(), type: 'text/html' },
    { name: 'h.svg', content: wav, type: 'image/svg+xml' },
  ];
  const { attachments } = await posted(site.ann, [...hostile, ...tame]);
  for (const [index, { url, name, thumb_url }] of attachments.entries()) {
    const { headers } = await site.bob.open(url);
    const isTame = index >= hostile.length;
    t.is(headers.get('content-disposition'), `${isTame ? 'inline' : 'attachment'}; filename="${name}"`, name);
    t.is(headers.get('content-type'), isTame ? (name === 'g.html' ? 'image/png' : 'audio/wav') : 'application/octet-stream', name);
    t.is(headers.get('x-content-type-options'), 'nosniff');
    t.regex(headers.get('content-security-policy') ?? '', /^sandbox; default-src 'none'/);
    t.is(headers.get('cross-origin-resource-policy'), 'same-origin');
    t.is(thumb_url === null, name !== 'g.html', name);
  }
  const page = (await site.bob.get('/groups/lobby')).text;
  t.is(page.match(/<img /g)?.length, 1);
  t.is(page.match(/<audio /g)?.length, 1);
  t.regex(page, /img-src|<a class="chip"/);
});

test('files: ranges, HEAD and conditional requests', async (t) => {
  const site = await openLobby(t);
  const content = noise(700_000);
  const { first } = await posted(site.ann, [{ name: 'walk.bin', content }]);
  const ask = async (headers: Record<string, string>, method = 'GET') => {
    const response = await site.bob.open(first.url, { method, headers });
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  };
  const whole = await ask({});
  t.deepEqual([whole.status, whole.headers.get('content-length'), whole.headers.get('accept-ranges')], [200, '700000', 'bytes']);
  t.true(whole.body.equals(content));
  for (const [range, from, to] of [
    ['bytes=0-0', 0, 0],
    ['bytes=100000-599999', 100_000, 599_999],
    ['bytes=699999-', 699_999, 699_999],
    ['bytes=-70000', 630_000, 699_999],
  ] as const) {
    const part = await ask({ Range: range });
    t.deepEqual(
      [part.status, part.headers.get('content-range'), part.headers.get('content-length')],
      [206, `bytes ${from}-${to}/700000`, String(to - from + 1)],
    );
    t.true(part.body.equals(content.subarray(from, to + 1)), range);
  }
  const outside = await ask({ Range: 'bytes=700000-' });
  t.deepEqual([outside.status, outside.headers.get('content-range'), outside.body.length], [416, 'bytes */700000', 0]);
  const head = await ask({}, 'HEAD');
  t.deepEqual([head.status, head.headers.get('content-length'), head.body.length], [200, '700000', 0]);
  const headOfPart = await ask({ Range: 'bytes=0-9' }, 'HEAD');
  t.deepEqual([headOfPart.status, headOfPart.headers.get('content-length')], [206, '10']);
  const tag = whole.headers.get('etag') ?? '';
  t.deepEqual(
    [(await ask({ 'If-None-Match': tag, ...HAS })).status, (await ask({ 'If-None-Match': '"other"', ...HAS })).status],
    [304, 200],
  );
  t.is((await ask({ Range: 'bytes=0-9', 'If-Range': tag })).status, 206);
  t.is((await ask({ Range: 'bytes=0-9', 'If-Range': '"other"' })).status, 200);
  t.is(whole.headers.get('cache-control'), 'private, no-cache');
});

test('files: an aborted download releases its resources', async (t) => {
  const site = await openLobby(t);
  const content = noise(8_000_000);
  const { first } = await posted(site.ann, [{ name: 'walk.bin', content }]);
  const stop = new AbortController();
  const response = await site.bob.open(first.url, { signal: stop.signal });
  await response.body?.getReader().read();
  stop.abort();
  t.true((await download(site.bob, first.url)).equals(content));
});
