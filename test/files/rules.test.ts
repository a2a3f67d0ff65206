import test from 'ava';
import { cleanName, disposition, fileUrl, kindOf, MAX_NAME_LENGTH, rangeOf, shownSize, sizeText } from '../../lib/files/file.ts';
import { isPolyglot } from '../../lib/files/polyglot.ts';
import { asFileId } from '../../lib/ids.ts';

const names: readonly (readonly [given: string, kept: string])[] = [
  ['plan.pdf', 'plan.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\ann\\plan.pdf', 'plan.pdf'],
  ['/', 'file'],
  ['', 'file'],
  ['..', 'file'],
  ['.', 'file'],
  ['.bashrc', '.bashrc'],
  ['a\u0000b\u0007c\r\nd.txt', 'abcd.txt'],
  ['invoice\u202egpj.exe', 'invoicegpj.exe'],
  ['\u2066safe\u2069.png', 'safe.png'],
  ['  many   spaces .txt ', 'many spaces .txt'],
  ['<img src=x onerror=alert(1)>.png', '<img src=x onerror=alert(1)>.png'],
  ['café.txt', 'café.txt'],
  ['\ud800half.txt', '\ufffdhalf.txt'],
  ['写真 “一”.jpg', '写真 “一”.jpg'],
];

for (const [given, kept] of names) test(`a name: ${JSON.stringify(given)}`, (t) => t.is(cleanName(given), kept));

test('file rules: a long name keeps its extension', (t) => {
  const name = cleanName(`${'语'.repeat(300)}.tar.gz`);
  t.is([...name].length, MAX_NAME_LENGTH);
  t.true(name.endsWith('….gz'));
  t.is([...cleanName('x'.repeat(300))].length, MAX_NAME_LENGTH);
  t.is(cleanName('x'.repeat(MAX_NAME_LENGTH)), 'x'.repeat(MAX_NAME_LENGTH));
});

test('file rules: sizes with decimal units', (t) => {
  const said = [0, 1, 999, 1000, 1049, 9949, 9950, 12_345, 999_499, 1_000_000, 26_214_400, 3e9, 2e12].map(sizeText);
  t.deepEqual(said, [
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1 KB',
    '1 KB',
    '9.9 KB',
    '10 KB',
    '12 KB',
    '999 KB',
    '1 MB',
    '26 MB',
    '3 GB',
    '2 TB',
  ]);
});

test('file rules: Content-Disposition encodes every name exactly and cannot inject headers', (t) => {
  t.is(disposition('inline', 'a b.png'), 'inline; filename="a b.png"');
  t.is(disposition('attachment', 'a"b\\c.txt'), `attachment; filename="a_b_c.txt"; filename*=UTF-8''a%22b%5Cc.txt`);
  t.is(disposition('attachment', "né'(x)*.txt"), `attachment; filename="n_'(x)*.txt"; filename*=UTF-8''n%C3%A9%27%28x%29%2A.txt`);
  t.is(disposition('attachment', '100%.txt'), `attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt`);
  for (const name of names.map(([given]) => cleanName(given))) t.regex(disposition('inline', name), /^[\x20-\x7e]+$/);
});

test('file rules: Range headers', (t) => {
  const asked = (header: string, bytes = 100) => rangeOf(header, bytes);
  t.deepEqual(asked('bytes=0-9'), { from: 0, to: 9 });
  t.deepEqual(asked('bytes=90-'), { from: 90, to: 99 });
  t.deepEqual(asked('bytes=-10'), { from: 90, to: 99 });
  t.deepEqual(asked('bytes=-1000'), { from: 0, to: 99 });
  t.deepEqual(asked('bytes=99-5000'), { from: 99, to: 99 });
  for (const header of ['bytes=100-', 'bytes=100-200', 'bytes=-0']) t.is(asked(header), 'none', header);
  t.is(asked('bytes=0-', 0), 'none', 'of nothing there is no part');
  for (const header of [
    '',
    'bytes=',
    'bytes=-',
    'bytes=9-0',
    'bytes=0-1,5-6',
    'lines=1-2',
    'bytes=a-b',
    'bytes=1.5-2',
    `bytes=${'9'.repeat(40)}-`,
  ])
    t.is(asked(header), 'all', header);
});

test('file rules: the kind of a file by its type', (t) => {
  const kind = (type: string, width?: number) => kindOf({ type, ...(width === undefined ? {} : { width }) });
  t.is(kind('image/png', 3), 'image');
  t.is(kind('image/png'), 'file', 'an image that could not be decoded');
  for (const type of ['image/svg+xml', 'text/html', 'application/xml', 'application/pdf', 'image/tiff', 'image/bmp', 'video/quicktime'])
    t.is(kind(type, 3), 'file', type);
  t.deepEqual([kind('audio/mpeg'), kind('audio/wav'), kind('video/mp4'), kind('video/webm')], ['audio', 'audio', 'video', 'video']);
});

test('file rules: a file named thumb has a URL other than that of its thumbnail', (t) => {
  const id = asFileId('0'.repeat(26));
  t.is(fileUrl({ id, name: 'thumb' }), `/files/${id}`);
  t.is(fileUrl({ id, name: 'a/b?c#d é' }), `/files/${id}/a%2Fb%3Fc%23d%20%C3%A9`);
});

test('file rules: an image is scaled to its box and never enlarged', (t) => {
  const box = { width: 400, height: 300 };
  t.deepEqual(shownSize(4000, 3000, box), box);
  t.deepEqual(shownSize(16, 16, box), { width: 16, height: 16 });
  t.deepEqual(shownSize(1, 50_000, box), { width: 1, height: 300 });
  t.deepEqual(shownSize(1000, 500, box), { width: 400, height: 200 });
});

test('file rules: polyglots are detected', (t) => {
  const zip = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
  const image = Buffer.concat([Buffer.from('\xff\xd8\xff', 'latin1'), Buffer.alloc(5000, 7)]);
  const after = (more: Buffer | string): Buffer => Buffer.concat([image, Buffer.from(more)]);
  t.false(isPolyglot(image));
  t.true(isPolyglot(after(zip)));
  t.false(isPolyglot(Buffer.concat([zip, image])), 'the mark alone may be chance: it ends nothing here');
  t.true(isPolyglot(after('<script>alert(1)</script>')));
  t.true(isPolyglot(after('<?php system($_GET[0]); ?>')));
  t.true(isPolyglot(Buffer.concat([Buffer.from('GIF89a%PDF-1.7'), image])));
  t.false(isPolyglot(after('<?xpacket end="w"?>')), 'what cameras and editors note');
  t.false(isPolyglot(Buffer.of()));
});
