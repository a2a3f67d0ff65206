import { request } from 'node:http';
import test from 'ava';
import { Faults, makeFaulty } from '../helpers/faulty-store.ts';
import { openLobby } from '../helpers/fixtures.ts';
import { download, formOf, newImage, noise, type Posted, posted, programOf, upload } from './fixtures.ts';

test('upload: a message with several files has its text, names, types and sizes, and every member can read them', async (t) => {
  const site = await openLobby(t);
  const png = await newImage(40, 30).png().toBuffer();
  const pdf = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1');
  const sent = [
    { name: 'door.png', content: png, type: 'text/html' },
    { name: 'offer.pdf', content: pdf, type: 'image/png' },
    { name: 'notes “ü”.txt', content: 'Grüße' },
    { name: 'blob', content: noise(1000), type: 'image/jpeg' },
    { name: 'empty.txt', content: '' },
  ];
  const { attachments, body } = await posted(site.ann, sent, { body: 'The new door' });
  t.is(body, 'The new door');
  t.deepEqual(
    attachments.map(({ name, type, bytes, width, height }) => [name, type, bytes, width, height]),
    [
      ['door.png', 'image/png', png.length, 40, 30],
      ['offer.pdf', 'application/pdf', pdf.length, null, null],
      ['notes “ü”.txt', 'text/plain', 7, null, null],
      ['blob', 'application/octet-stream', 1000, null, null],
      ['empty.txt', 'text/plain', 0, null, null],
    ],
  );
  for (const [index, { url }] of attachments.entries())
    t.deepEqual(await download(site.bob, url), Buffer.from(sent[index]?.content ?? 'none'), url);
});

test('upload: pictures have alternative texts, given with the upload or later, in JSON and on pages', async (t) => {
  const site = await openLobby(t);
  const png = { name: 'door.png', content: await newImage(40, 30).png().toBuffer(), type: 'image/png' };
  const texts = { alt_1: 'no picture', alt_2: ' A blue\n door ', alt_4: 'there is no fourth file' };
  const { seq, attachments } = await posted(site.ann, [{ name: 'a.txt', content: 'a' }, png, png], { body: 'look', ...texts });
  t.deepEqual(
    attachments.map(({ alt }) => alt),
    [null, 'A blue door', null],
  );
  const url = `/groups/lobby/messages/${seq}`;
  const altsNow = async () => (await site.bob.get(url, 'application/json')).json<Posted>().attachments.map(({ alt }) => alt);
  t.is((await site.ann.json('PATCH', url, { body: 'look', alt_3: 'The same', alt_2: '' })).status, 200);
  t.deepEqual(await altsNow(), [null, null, 'The same']);
  const page = (await site.ann.get(`${url}/edit`)).text;
  t.true(page.includes('name="alt_3" value="The same"'));
  t.is((await site.ann.form(`${url}/edit`, { body: 'look', alt_2: 'A "door"' })).status, 303);
  t.deepEqual(await altsNow(), [null, 'A "door"', 'The same'], 'what is not in the form stays');
  t.regex((await site.bob.get(url)).text, /alt="A &quot;door&quot;"/);
  const refused = await site.ann.json('PATCH', url, { body: 'look', alt_2: 'x'.repeat(1501) });
  t.is(refused.status, 400);
  t.regex(refused.text, /alt_2.*1500 characters at most/);
  t.is((await site.bob.json('PATCH', url, { body: 'look', alt_2: 'by another' })).status, 403);
});

test('upload: files without text are a message; neither text nor files are refused', async (t) => {
  const site = await openLobby(t);
  const { seq } = await posted(site.ann, [{ name: 'a.txt', content: 'a' }]);
  t.like((await site.bob.get(`/groups/lobby/messages/${seq}`, 'application/json')).json(), { body: '', html: '' });
  t.is(
    (await site.bob.get(`/groups/lobby/messages/${seq}`, 'text/plain')).text.replace(/[0-9a-z]{26}/, 'ID'),
    'Ann: [file] a.txt (1 byte) /files/ID/a.txt\n',
  );
  t.regex((await site.bob.get('/groups')).text, /a\.txt/);
  const nothing = await upload(site.ann, [], { body: ' \n' });
  t.like(nothing.json(), { status: 422, code: 'invalid', field: 'body' });
  const unchosen = await upload(site.ann, [{ name: '', content: '' }], { body: 'only text' }); // the value of an empty file field
  t.deepEqual([unchosen.status, unchosen.json<Posted>().attachments], [201, []]);
});

test('upload: a token posts files like a page; the text may follow the files', async (t) => {
  const site = await openLobby(t);
  const form = new FormData();
  form.append('attachment', new File(['x,y\n1,2\n'], 'table.csv'));
  form.append('body', 'numbers');
  const program = await programOf(site.ann);
  const answer = await program.send('/groups/lobby/messages', { method: 'POST', body: form });
  t.is(answer.status, 201);
  t.like(answer.json<Posted>(), { body: 'numbers', attachments: [{ name: 'table.csv', type: 'text/plain' }] });
  t.is((await download(program, answer.json<Posted>().attachments[0]?.url ?? '')).toString(), 'x,y\n1,2\n');
});

test('upload: an edit keeps the files; a message with files may have an empty text', async (t) => {
  const site = await openLobby(t);
  const { seq, first } = await posted(site.ann, [{ name: 'a.txt', content: 'a' }], { body: 'old' });
  const plain = (await upload(site.ann, [], { body: 'no files' })).json<Posted>();
  const edit = (of: number, body: string) => site.ann.json('PATCH', `/groups/lobby/messages/${of}`, { body });
  t.like((await edit(seq, 'new')).json(), { body: 'new', attachments: [{ id: first.id }] });
  t.like((await edit(seq, '')).json(), { body: '', attachments: [{ id: first.id }] });
  t.like((await edit(plain.seq, '')).json(), { status: 422, field: 'body' });
  t.deepEqual((await download(site.bob, first.url)).toString(), 'a');
});

test('upload: a file over the limit is refused with its name and the limit, and nothing is stored', async (t) => {
  const site = await openLobby(t, { env: { MAX_UPLOAD_BYTES: '1000' } });
  const kept = async () => (await site.core.store.files.listUnattached(Number.MAX_SAFE_INTEGER, 100)).length;
  t.is((await upload(site.ann, [{ name: 'just.bin', content: noise(1000) }])).status, 201);
  const over = await upload(site.ann, [
    { name: 'small.bin', content: noise(10) },
    { name: 'big.bin', content: noise(200_000) },
    { name: 'later.bin', content: noise(10) },
  ]);
  t.like(over.json(), {
    status: 413,
    code: 'tooLarge',
    field: 'attachment',
    detail: 'big.bin is too large: 1 KB (1000 bytes) at most for each file.',
  });
  t.is(await kept(), 0);
});

test('upload: without JavaScript the form is shown again with the typed text, wherever it is in the body', async (t) => {
  const site = await openLobby(t, { env: { MAX_UPLOAD_BYTES: '1000' } });
  const form = new FormData();
  form.append('attachment', new File([new Uint8Array(100_000)], 'big.bin'));
  form.append('body', 'Half an hour of typing');
  const answer = await site.ann.send('/groups/lobby/messages', { method: 'POST', body: form, headers: { Accept: 'text/html' } });
  t.is(answer.status, 413);
  t.regex(answer.text, /<textarea[^>]*>Half an hour of typing<\/textarea>/);
  t.regex(answer.text, /role="alert">big\.bin is too large: 1 KB/);
});

test('upload: at most 10 files, all in the field `attachment`', async (t) => {
  const site = await openLobby(t);
  const files = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `${index}.txt`, content: String(index) }));
  t.is((await posted(site.ann, files(10))).attachments.length, 10);
  t.like((await upload(site.ann, files(11))).json(), { status: 422, code: 'invalid', field: 'attachment' });
  t.like((await upload(site.ann, [{ name: 'a', content: 'a', field: 'upload' }])).json(), {
    status: 400,
    code: 'malformed',
    field: 'upload',
  });
  const fields = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`x${index}`, 'y']));
  t.is((await upload(site.ann, files(1), { body: 'x', ...fields })).status, 400);
  t.is((await upload(site.ann, files(1), { body: 'x'.repeat(1_100_000) })).status, 413);
  t.deepEqual((await site.core.store.files.listUnattached(Number.MAX_SAFE_INTEGER, 100)).length, 0);
});

test('upload: with the same key, the same files return the first message, others are refused, and both store nothing', async (t) => {
  const site = await openLobby(t);
  const headers = { 'Idempotency-Key': 'door' };
  const files = [{ name: 'a.txt', content: 'same' }];
  const first = await upload(site.ann, files, { body: 'x' }, headers);
  t.is(first.status, 201);
  const again = await upload(site.ann, [{ name: 'other name.txt', content: 'same' }], { body: 'x' }, headers);
  t.is(again.status, 200);
  t.deepEqual(again.json<Posted>().attachments, first.json<Posted>().attachments);
  for (const other of [[{ name: 'a.txt', content: 'other' }], [...files, ...files], []])
    t.like((await upload(site.ann, other, { body: 'x' }, headers)).json(), { status: 422, code: 'keyReused' });
  t.deepEqual(await site.core.store.files.listUnattached(Number.MAX_SAFE_INTEGER, 100), []);
  t.is((await download(site.bob, first.json<Posted>().attachments[0]?.url ?? '')).toString(), 'same');
});

test('upload: permission is checked before a byte is stored', async (t) => {
  const site = await openLobby(t, { env: { POSTS_PER_SECOND: '1' } });
  const eve = await site.signUp('Eve');
  const files = [{ name: 'a.bin', content: noise(300_000) }];
  let begun = 0;
  const { begin } = site.core.store.files;
  const counted = (...args: Parameters<typeof begin>): Promise<void> => {
    begun += 1;
    return begin(...args);
  };
  Object.assign(site.core.store.files, { begin: counted });
  t.is((await upload(eve, files)).status, 404);
  t.is((await upload(site.client(), files)).status, 401);
  t.is(begun, 0);
  for (let count = 0; count < 3; count += 1) t.is((await upload(site.bob, [{ name: 'b', content: 'b' }])).status, 201);
  t.is((await upload(site.bob, files)).status, 429, 'the rate is used up');
  t.is(begun, 3);
  await site.ann.form('/groups/lobby/settings', { archived: '1', name: 'Lobby', topic: '' });
  const group = await site.core.store.groups.bySlug('lobby');
  if (group && !group.archived) await site.core.store.groups.update(group.id, { archived: true });
  site.clock.turn(60_000);
  site.core.lookupCache.invalidate();
  t.is((await upload(site.bob, files)).status, 403, 'archived');
  t.is(begun, 3);
});

/** A request whose body is sent by hand. */
function byHand(url: string, cookie: string, length: number, boundary = 'X') {
  const headers = {
    Cookie: cookie,
    Accept: 'application/json',
    'Content-Type': `multipart/form-data; boundary=${boundary}`,
    'Content-Length': String(length),
  };
  const sent = request(`${url}/groups/lobby/messages`, { method: 'POST', headers, agent: false });
  const answer = new Promise<number | string>((resolve) => {
    sent
      .on('response', (response) => resolve(response.resume().statusCode ?? 0))
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });
  return { sent, answer };
}

const HEAD = '--X\r\nContent-Disposition: form-data; name="attachment"; filename="a.bin"\r\n\r\n';

test('upload: an aborted upload leaves nothing behind', async (t) => {
  const site = await openLobby(t);
  const removed = Promise.withResolvers<void>();
  const { remove } = site.core.store.files;
  Object.assign(site.core.store.files, { remove: (...args: Parameters<typeof remove>) => remove(...args).finally(removed.resolve) });
  const { sent } = byHand(site.url, site.ann.cookieHeader, 1_000_000);
  sent.write(HEAD + 'x'.repeat(500_000), () => sent.destroy());
  await removed.promise;
  t.deepEqual(await site.core.store.files.listUnattached(Number.MAX_SAFE_INTEGER, 100), []);
});

test('upload: invalid or truncated multipart is reported as such', async (t) => {
  const site = await openLobby(t);
  const bodies: Record<string, string> = {
    'no boundary in it': 'hello',
    'cut short': `${HEAD}xyz`,
    'no headers': '--X\r\n\r\nxyz\r\n--X--\r\n',
    empty: '',
    'header never ends': `--X\r\nContent-Disposition: ${'a'.repeat(100_000)}`,
  };
  for (const [what, body] of Object.entries(bodies)) {
    const { sent, answer } = byHand(site.url, site.ann.cookieHeader, body.length);
    sent.end(body);
    const status = await answer;
    t.true(status === 400 || status === 422, `${what}: ${status}`);
  }
  const noBoundary = await site.ann.send('/groups/lobby/messages', {
    method: 'POST',
    body: 'x',
    headers: { Accept: 'application/json', 'Content-Type': 'multipart/form-data' },
  });
  t.is(noBoundary.status, 400);
  t.is((await site.client().get('/healthz')).status, 200);
});

test('upload: file names are escaped in every format of a message', async (t) => {
  const site = await openLobby(t);
  const name = '<img src=x onerror=alert(1)>"&.txt';
  const { seq } = await posted(site.ann, [{ name, content: 'x' }]);
  const page = await site.bob.get('/groups/lobby');
  t.false(page.text.includes('<img src=x'));
  t.true(page.text.includes('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;.txt'));
  t.is((await site.bob.get(`/groups/lobby/messages/${seq}`, 'application/json')).json<Posted>().attachments[0]?.name, name);
});

test('upload: at most 8 concurrent uploads per person', async (t) => {
  const site = await openLobby(t);
  const counted = Promise.withResolvers<void>();
  let begun = 0;
  const { begin } = site.core.store.files;
  const counting = (...args: Parameters<typeof begin>): Promise<void> => {
    begun += 1;
    if (begun === 8) counted.resolve();
    return begin(...args);
  };
  Object.assign(site.core.store.files, { begin: counting });
  const slow = Array.from({ length: 8 }, () => byHand(site.url, site.ann.cookieHeader, 10_000));
  for (const { sent } of slow) sent.write(`${HEAD}xyz`);
  await counted.promise;
  const ninth = await upload(site.ann, [{ name: 'a', content: 'a' }]);
  t.deepEqual([ninth.status, ninth.headers.get('retry-after')], [429, '5']);
  t.is((await upload(site.bob, [{ name: 'a', content: 'a' }])).status, 201, 'others are not held up');
  for (const { sent } of slow) sent.destroy();
  await Promise.all(slow.map(({ answer }) => answer));
});

test('upload: while the store is unavailable the text is shown again, however large the files', async (t) => {
  const site = await openLobby(t);
  const faults = new Faults();
  makeFaulty(site.core, faults);
  faults.isAway = true;
  const body = formOf([{ name: 'big.bin', content: noise(3_000_000) }], { body: 'Half an hour of typing', key: 'k1' });
  const answer = await site.ann.send('/groups/lobby/messages', { method: 'POST', body, headers: { Accept: 'text/html' } });
  t.is(answer.status, 503);
  t.regex(answer.text, /<textarea[^>]*>Half an hour of typing<\/textarea>/);
  t.regex(answer.text, /name="key" value="k1"/);
  faults.isAway = false;
});
