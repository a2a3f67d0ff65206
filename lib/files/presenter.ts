import type { Attached } from '../log/entry.ts';
import { fileUrl, type Kind, kindOf, shownSize, sizeText, thumbUrl } from './file.ts';

/** What templates/messages/_files.njk prints of one file. `width`, `height` (px): the place that a picture takes, so that nothing moves when it comes. */
export type FileRow = {
  readonly kind: Kind;
  readonly name: string;
  readonly type: string;
  readonly size: string;
  readonly url: string;
  readonly thumb: string;
  readonly width: number;
  readonly height: number;
};

/** Half of what the small copy has, for screens with two dots to the pixel. */
const BOX = { width: 400, height: 300 };

export function presentFile(file: Attached): FileRow {
  const { name, type, width = 1, height = 1 } = file;
  const place = shownSize(width, height, BOX);
  return { kind: kindOf(file), name, type, size: sizeText(file.bytes), url: fileUrl(file), thumb: thumbUrl(file), ...place };
}

/** A file for programs. Null: a file without a size in pixels, or without a small copy. */
export function fileJson(file: Attached) {
  const { id, name, type, bytes, width = null, height = null } = file;
  return { id, name, type, bytes, width, height, url: fileUrl(file), thumb_url: file.thumb ? thumbUrl(file) : null };
}

/** A text with a line for each of its files: `[file] plan.pdf (12 KB) /files/…`. */
export function withFileLines(text: string, files: readonly Attached[]): string {
  const lines = files.map((file) => `[file] ${file.name} (${sizeText(file.bytes)}) ${fileUrl(file)}`);
  return [...(text === '' ? [] : [text]), ...lines].join('\n');
}
