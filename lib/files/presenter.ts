import type { Attached } from '../log/entry.ts';
import { type FileKind, fileUrl, kindOf, shownSize, sizeText, thumbUrl } from './file.ts';

/** One file for templates/messages/_files.njk. `width`, `height` (px): the space reserved for an image, so that loading it moves nothing. */
export type FileRow = {
  readonly kind: FileKind;
  readonly name: string;
  readonly type: string;
  readonly size: string;
  readonly url: string;
  readonly thumb: string;
  readonly width: number;
  readonly height: number;
  /** What the author says that a picture shows; else ''. */
  readonly alt: string;
};

/** Half the size of thumbnails, for screens with a pixel ratio of 2. */
const BOX = { width: 400, height: 300 };

export function presentFile(file: Attached): FileRow {
  const { name, type, width = 1, height = 1 } = file;
  const place = shownSize(width, height, BOX);
  return {
    kind: kindOf(file),
    name,
    type,
    size: sizeText(file.bytes),
    url: fileUrl(file),
    thumb: thumbUrl(file),
    ...place,
    alt: file.alt ?? '',
  };
}

/** A file as JSON. `width`, `height`, `thumb_url` are null if it is not an image, `alt` if nobody has described it. */
export function fileJson(file: Attached, basePath: string) {
  const { id, name, type, bytes, width = null, height = null, alt = null } = file;
  const thumb = file.thumb ? basePath + thumbUrl(file) : null;
  return { id, name, type, bytes, width, height, alt, url: basePath + fileUrl(file), thumb_url: thumb };
}

/** Appends one line per file to a text: `[file] plan.pdf (12 KB) /files/…`. */
export function withFileLines(text: string, files: readonly Attached[], basePath: string): string {
  const lines = files.map((file) => `[file] ${file.name} (${sizeText(file.bytes)}) ${basePath}${fileUrl(file)}`);
  return [...(text === '' ? [] : [text]), ...lines].join('\n');
}
