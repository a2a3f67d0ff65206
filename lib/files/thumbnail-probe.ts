import type { Thumbnailer } from '../core.ts';

/** A PNG of one pixel. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==', 'base64');

/** What an operator can do where `canMakeThumbnails` is false. */
export const THUMBNAIL_ADVICE =
  "Install sharp's package for this platform: 'npm ci --omit=dev' in Parley's folder, without --omit=optional.";

/** Whether thumbnails can be made on this machine, found out by making one. */
export async function canMakeThumbnails(pictures: Thumbnailer): Promise<boolean> {
  return (await pictures.create(pixel(), PIXEL.length, 'image/png')) !== undefined;
}

async function* pixel(): AsyncGenerator<Uint8Array> {
  yield PIXEL;
}
