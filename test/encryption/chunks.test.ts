import { createSecretKey, randomBytes } from 'node:crypto';
import test from 'ava';
import { CHUNK_BYTES, DamagedContent, decryptContent, decryptRange, encryptContent, sealedRange } from '../../lib/encryption/chunks.ts';

const KEY = createSecretKey(randomBytes(32));
const PLACE = 'contents/abc/whole';
const SEALED = CHUNK_BYTES + 28;

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(source));
}

const sealedOf = (content: Uint8Array, size = 10_000) => all(encryptContent(KEY, PLACE, inPieces(content, size)));
const openedOf = (sealed: Uint8Array, place = PLACE) => all(decryptContent(KEY, place, inPieces(sealed, 30_000)));

test('content of any size comes back, in pieces of any size, and takes 28 bytes more for each 64 KiB', async (t) => {
  for (const bytes of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 300_001])
    for (const size of [1000, CHUNK_BYTES, 1 << 20]) {
      const content = randomBytes(bytes);
      const sealed = await sealedOf(content, size);
      t.true((await openedOf(sealed)).equals(content), `${bytes} in pieces of ${size}`);
      t.is(sealed.length, bytes + 28 * Math.max(1, Math.ceil(bytes / CHUNK_BYTES)));
    }
});

test('any range is decrypted from the chunks that it touches', async (t) => {
  const bytes = 2 * CHUNK_BYTES + 100;
  for (const content of [randomBytes(bytes), randomBytes(2 * CHUNK_BYTES)]) {
    const sealed = await sealedOf(content);
    const last = content.length - 1;
    const edges = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES - 1, last];
    for (const from of edges)
      for (const to of edges.filter((edge) => edge >= from)) {
        const need = sealedRange({ from, to }, content.length);
        const part = inPieces(sealed.subarray(need.from, need.to + 1), 50_000);
        const opened = await all(decryptRange(KEY, PLACE, part, { from, to }, content.length));
        t.true(opened.equals(content.subarray(from, to + 1)), `${from} to ${to}`);
        t.true(need.to - need.from < SEALED * (2 + (to - from) / CHUNK_BYTES));
      }
  }
});

test('content that was changed, cut, or whose chunks were exchanged is not read on', async (t) => {
  const content = randomBytes(3 * CHUNK_BYTES);
  const sealed = await sealedOf(content);
  const chunk = (index: number): Buffer => sealed.subarray(index * SEALED, (index + 1) * SEALED);
  const changed = Buffer.from(sealed);
  changed[SEALED + 500] = (changed[SEALED + 500] ?? 0) ^ 1;
  const wrong: Record<string, Uint8Array> = {
    changed,
    'cut in a chunk': sealed.subarray(0, sealed.length - 5),
    'cut after a chunk': sealed.subarray(0, 2 * SEALED),
    empty: sealed.subarray(0, 0),
    exchanged: Buffer.concat([chunk(1), chunk(0), chunk(2)]),
    repeated: Buffer.concat([chunk(0), chunk(0), chunk(1), chunk(2)]),
    'with something behind': Buffer.concat([sealed, chunk(2)]),
  };
  for (const [what, bytes] of Object.entries(wrong)) await t.throwsAsync(openedOf(bytes), { instanceOf: DamagedContent }, what);
  await t.throwsAsync(openedOf(sealed, 'contents/other/whole'), { instanceOf: DamagedContent });
  t.true((await openedOf(sealed)).equals(content));
});

test('of a range, a missing end is noticed', async (t) => {
  const content = randomBytes(3 * CHUNK_BYTES);
  const sealed = await sealedOf(content);
  const range = { from: 10, to: 2 * CHUNK_BYTES };
  const need = sealedRange(range, content.length);
  const read = (end: number) => all(decryptRange(KEY, PLACE, inPieces(sealed.subarray(need.from, end), 50_000), range, content.length));
  await t.throwsAsync(read(2 * SEALED), { instanceOf: DamagedContent });
  t.is((await read(need.to + 1)).length, range.to - range.from + 1);
});
