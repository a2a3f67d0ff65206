/*
 * The thumbnail worker process: reads one file at a time from standard input and responds on standard output (thumbnail-protocol.ts). The only module
 * that loads the image library. Exits when its standard input ends.
 */
import sharp from 'sharp';
import type { Thumbnail } from '../core.ts';
import { isPolyglot } from './polyglot.ts';
import { answerBytes, readAsk } from './thumbnail-protocol.ts';

const MAX_PIXELS = 50_000_000;
const MAX_FRAMES = 100;
const BOX = { width: 800, height: 600 };
const SECONDS = 8;

/** The image format that sharp must report for each type. All other loaders are blocked, because some read other files or the network. */
const FORMATS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'heif',
};
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['Jpeg', 'Png', 'Nsgif', 'Webp', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`) });
sharp.cache(false);
sharp.concurrency(1);

/** Creates the thumbnail. Throws if the file is broken, too large, has too many frames, or is not of `type`. */
async function createThumbnail(file: Buffer, type: string): Promise<Thumbnail> {
  const image = sharp(file, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 });
  const { format, pages = 1, autoOrient } = await image.metadata();
  if (format !== FORMATS[type]) throw new Error(`${format} is not ${type}`);
  if (pages > MAX_FRAMES) throw new Error(`${pages} frames`);
  if (isPolyglot(file)) throw new Error('the file is a polyglot');
  const small = image
    .autoOrient()
    .resize({ ...BOX, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 78 });
  const thumb = await small.timeout({ seconds: SECONDS }).toBuffer();
  return { width: autoOrient.width, height: autoOrient.height, thumb };
}

let head = Buffer.alloc(0);
let file: { readonly content: Buffer; readonly type: string; bytes: number } | undefined;

for await (const piece of process.stdin) {
  let rest: Buffer = piece;
  if (!file) {
    head = Buffer.concat([head, rest]);
    const ask = readAsk(head);
    if (!ask) continue;
    file = { content: Buffer.allocUnsafe(ask.bytes), type: ask.type, bytes: 0 };
    rest = head.subarray(ask.headBytes);
  }
  file.bytes += rest.copy(file.content, file.bytes);
  if (file.bytes < file.content.length) continue;
  const picture = await createThumbnail(file.content, file.type).catch(() => undefined);
  [head, file] = [Buffer.alloc(0), undefined];
  process.stdout.write(answerBytes({ memory: process.memoryUsage.rss(), picture }));
}
