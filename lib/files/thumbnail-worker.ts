/*
 * The process that makes thumbnails, one file at a time: gets a ThumbnailRequest and the file, sends a ThumbnailResponse. The only module that
 * loads the image library. It exits when the channel to its parent closes.
 */
import sharp from 'sharp';
import type { SquarePictures, Thumbnail } from '../core.ts';
import { isPolyglot } from './polyglot.ts';
import type { ThumbnailRequest, ThumbnailResponse } from './thumbnails.ts';

const MAX_PIXELS = 50_000_000;
const MAX_FRAMES = 100;
const BOX = { width: 800, height: 600 };
/** Sides of the square pictures of people, px: on a page of its own, and beside names on screens of two or three pixels per unit. */
const [LARGE, SMALL] = [256, 96];
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

/** The image and its size. Rejects if the file is broken, too large, has too many frames, or is not of the type `type`. */
async function open(file: Buffer, type: string) {
  const image = sharp(file, { limitInputPixels: MAX_PIXELS, failOn: 'error', pages: 1 });
  const { format, pages = 1, autoOrient } = await image.metadata();
  if (format !== FORMATS[type]) throw new Error(`${format} is not ${type}`);
  if (pages > MAX_FRAMES) throw new Error(`${pages} frames`);
  if (isPolyglot(file)) throw new Error('the file is a polyglot');
  return { image, size: autoOrient };
}

async function createThumbnail(file: Buffer, type: string): Promise<Thumbnail> {
  const { image, size } = await open(file, type);
  const small = image
    .autoOrient()
    .resize({ ...BOX, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 78 });
  const thumb = await small.timeout({ seconds: SECONDS }).toBuffer();
  return { width: size.width, height: size.height, thumb };
}

/** The square that shows most of what is worth seeing, in two sizes. */
async function createSquare(file: Buffer, type: string): Promise<SquarePictures> {
  const { image } = await open(file, type);
  const cut = image.autoOrient().resize(LARGE, LARGE, { fit: 'cover', position: sharp.strategy.attention });
  const large = await cut.webp({ quality: 82 }).timeout({ seconds: SECONDS }).toBuffer();
  return { large, small: await sharp(large).resize(SMALL, SMALL).webp({ quality: 82 }).toBuffer() };
}

let file: (Pick<ThumbnailRequest, 'type' | 'shape'> & { readonly content: Buffer; bytes: number }) | undefined;

/** The start of a file, or the next piece of it; responds when the file is complete. */
async function receive(message: ThumbnailRequest | Uint8Array): Promise<void> {
  if (!(message instanceof Uint8Array)) {
    file = { content: Buffer.allocUnsafe(message.bytes), type: message.type, shape: message.shape, bytes: 0 };
    return;
  }
  if (!file) return;
  file.content.set(message.subarray(0, file.content.length - file.bytes), file.bytes);
  file.bytes += message.length;
  if (file.bytes < file.content.length) return;
  const { content, type, shape } = file;
  file = undefined;
  const made =
    shape === 'square'
      ? { square: await createSquare(content, type).catch(() => undefined) }
      : { thumbnail: await createThumbnail(content, type).catch(() => undefined) };
  process.send?.({ memory: process.memoryUsage.rss(), ...made } satisfies ThumbnailResponse);
}

process.on('message', receive);
