import type { Thumbnailer } from '../core.ts';

/** A one-pixel PNG. */
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==', 'base64');

/** Advice for operators if `canMakeThumbnails` is false. */
export const THUMBNAIL_ADVICE =
  "Install sharp's package for this platform: 'npm ci --omit=dev' in Parley's folder, without --omit=optional.";

/** Whether this machine can create thumbnails; creates one to find out. */
export async function canMakeThumbnails(thumbnailer: Thumbnailer): Promise<boolean> {
  return (await thumbnailer.create(pixel(), PIXEL.length, 'image/png')) !== undefined;
}

async function* pixel(): AsyncGenerator<Uint8Array> {
  yield PIXEL;
}
