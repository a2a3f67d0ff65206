import { crc32, deflateSync } from 'node:zlib';
import test from 'ava';
import sharp from 'sharp';
import { openThumbnailer } from '../../lib/files/thumbnails.ts';
import { type LobbySite, openLobby } from '../helpers/fixtures.ts';
import { download, newImage, posted } from './fixtures.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG with this number of pixels in a few kB: one bit each, all equal. */
function bombPng(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height), { level: 9 });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A GIF of so many frames of one pixel. */
function movingGif(frames: number): Buffer {
  const frame = Buffer.from([0x21, 0xf9, 4, 0, 1, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  const head = Buffer.from([0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]);
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.from([0x3b])]);
}

/** How a message shows one file. */
async function shown(site: LobbySite, name: string, content: Uint8Array) {
  const { first } = await posted(site.ann, [{ name, content }]);
  return { ...first, thumb: first.thumb_url === null ? undefined : await sharp(await download(site.bob, first.thumb_url)).metadata() };
}

test('thumbnails: every image type gets its size and a WebP thumbnail', async (t) => {
  const site = await openLobby(t);
  const large = newImage(1600, 1500);
  const kinds = {
    'a.jpg': await large.clone().jpeg().toBuffer(),
    'a.png': await large.clone().png().toBuffer(),
    'a.gif': await large.clone().gif().toBuffer(),
    'a.webp': await large.clone().webp().toBuffer(),
    'a.avif': await large.clone().avif({ effort: 0 }).toBuffer(),
  };
  for (const [name, content] of Object.entries(kinds)) {
    const one = await shown(site, name, content);
    t.like(one, { width: 1600, height: 1500, thumb: { format: 'webp', width: 640, height: 600 } }, name);
  }
  t.like(await shown(site, 'small.png', await newImage(30, 20).png().toBuffer()), { thumb: { width: 30, height: 20 } }, 'never enlarged');
  t.like(await shown(site, 'moves.gif', movingGif(100)), { width: 1, height: 1 }, 'the first of up to a hundred frames');
});

test('thumbnails: a photo is rotated upright, and its thumbnail has no location data', async (t) => {
  const site = await openLobby(t);
  const content = await newImage(300, 200)
    .jpeg()
    .withExif({ IFD0: { Copyright: 'Ann' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .toBuffer();
  t.truthy((await sharp(content).metadata()).exif);
  const one = await shown(site, 'photo.jpg', content);
  t.like(one, { width: 200, height: 300, thumb: { width: 200, height: 300 } });
  t.is(one.thumb?.exif, undefined);
  t.is(one.thumb?.orientation, undefined);
});

test('thumbnails: decompression bombs, broken files and polyglots are stored as plain files', async (t) => {
  const site = await openLobby(t);
  const jpeg = await sharp({
    create: { width: 600, height: 600, channels: 3, background: 'red', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  })
    .jpeg()
    .toBuffer();
  const png = await newImage(300, 300).png({ compressionLevel: 0 }).toBuffer();
  const end = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
  const cases: Record<string, Buffer> = {
    'bomb.png': bombPng(50_000, 50_000),
    'wide.png': bombPng(1_000_000, 60),
    'frames.gif': movingGif(10_000),
    'cut.jpg': jpeg.subarray(0, jpeg.length >> 1),
    'cut.png': png.subarray(0, png.length >> 1),
    'cut.webp': (await sharp(jpeg).webp({ lossless: true }).toBuffer()).subarray(0, 90_000),
    'noise.png': Buffer.concat([png.subarray(0, 40), Buffer.alloc(5000, 1)]),
    'script.gif': Buffer.from('GIF89a/*\x01\x00*/=1;alert(1)//'),
    'archive.jpg': Buffer.concat([jpeg, end]),
    'page.jpg': Buffer.concat([jpeg, Buffer.from('<html><script>alert(1)</script>')]),
    'head.png': png.subarray(0, 30),
  };
  for (const [name, content] of Object.entries(cases)) {
    const one = await shown(site, name, content);
    t.like(one, { width: null, height: null, thumb_url: null }, name);
    const { status, headers } = await site.bob.open(one.url);
    t.deepEqual([status, headers.get('content-disposition')], [200, `attachment; filename="${name}"`]);
    t.true((await download(site.bob, one.url)).equals(content), 'kept as it came');
  }
  t.false((await site.bob.get('/groups/lobby')).text.includes('<img '));
  t.like(await shown(site, 'after.png', await newImage(30, 20).png().toBuffer()), { width: 30 }, 'and the next image is decoded');
});

async function* whole(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

test('thumbnails: killing the worker costs one thumbnail; the next image gets a new worker', async (t) => {
  const thumbnailer = openThumbnailer(log);
  t.teardown(thumbnailer.close);
  const content = await newImage(60, 40).png().toBuffer();
  const stuck = Promise.withResolvers<void>();
  const killed = thumbnailer.create(
    (async function* () {
      yield content.subarray(0, 10);
      thumbnailer.close(); // SIGKILL while it waits for the rest of the body
      await stuck.promise;
    })(),
    content.length,
    'image/png',
  );
  t.is(await killed, undefined);
  stuck.resolve();
  t.like(await thumbnailer.create(whole(content), content.length, 'image/png'), { width: 60, height: 40 });
});

test('thumbnails: concurrent images are processed one at a time, and beyond the queue limit not at all', async (t) => {
  const thumbnailer = openThumbnailer(log);
  t.teardown(thumbnailer.close);
  const content = await newImage(60, 40).png().toBuffer();
  const created = await Promise.all(Array.from({ length: 80 }, () => thumbnailer.create(whole(content), content.length, 'image/png')));
  t.is(created.filter((one) => one?.width === 60).length, 64);
  t.is(created.filter((one) => one === undefined).length, 16);
});

test('thumbnails: declared length and type are not trusted', async (t) => {
  const thumbnailer = openThumbnailer(log);
  t.teardown(thumbnailer.close);
  const content = await newImage(60, 40).png().toBuffer();
  t.is(await thumbnailer.create(whole(content), content.length, 'image/jpeg'), undefined);
  t.is(await thumbnailer.create(whole(content), content.length, 'image/svg+xml'), undefined);
  t.is(await thumbnailer.create(whole(content), 2 ** 40, 'image/png'), undefined);
  t.is(
    await thumbnailer.create(whole(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')), 62, 'image/png'),
    undefined,
  );
});
