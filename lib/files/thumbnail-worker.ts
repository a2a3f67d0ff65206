/*
 * The process that makes thumbnails, one file at a time: gets a ThumbnailRequest and the file, sends a ThumbnailResponse. The only module that
 * loads the image library. It exits when the channel to its parent closes.
 */
import sharp from 'sharp';
import type { Thumbnail } from '../core.ts';
import { isPolyglot } from './polyglot.ts';
import type { ThumbnailRequest, ThumbnailResponse } from './thumbnails.ts';

const MAX_PIXELS = 50_000_000;
const MAX_FRAMES = 100;
const BOX = { width: 800, height: 600 };
const SECONDS = 8;

/** The format that sharp must report for each type. All other loaders are blocked: some of them read other files or the network. */
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

/** Creates the thumbnail. Rejects if the file is broken, too large, has too many frames, or is not of the type `type`. */
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

let file: { readonly content: Buffer; readonly type: string; bytes: number } | undefined;

/** The start of a file, or the next piece of it; responds when the file is complete. */
async function receive(message: ThumbnailRequest | Uint8Array): Promise<void> {
  if (!(message instanceof Uint8Array)) {
    file = { content: Buffer.allocUnsafe(message.bytes), type: message.type, bytes: 0 };
    return;
  }
  if (!file) return;
  file.content.set(message.subarray(0, file.content.length - file.bytes), file.bytes);
  file.bytes += message.length;
  if (file.bytes < file.content.length) return;
  const { content, type } = file;
  file = undefined;
  const picture = await createThumbnail(content, type).catch(() => undefined);
  process.send?.({ memory: process.memoryUsage.rss(), picture } satisfies ThumbnailResponse);
}

process.on('message', receive);
