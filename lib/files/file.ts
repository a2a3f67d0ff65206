import contentDisposition from 'content-disposition';
import { currentLanguage } from '../language/current.ts';
import { plural, t } from '../language/text.ts';
import type { Attached } from '../log/entry.ts';

export const MAX_NAME_LENGTH = 120;

/** Control and text direction characters, which could disguise an extension: `exe.gpj` shown as `jpg.exe`. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A safe file name: no path, no invisible characters, at most 120 characters with the extension kept. Never empty. */
export function cleanName(given: string): string {
  const bare = given
    .toWellFormed()
    .normalize('NFC')
    .replace(HIDDEN, '')
    .replace(/^.*[/\\]/s, '')
    .replace(/\s+/g, ' ')
    .trim();
  const name = bare.replace(/^\.+$/, '');
  return name === '' ? 'file' : shortened(name);
}

function shortened(name: string): string {
  const characters = [...name];
  if (characters.length <= MAX_NAME_LENGTH) return name;
  const [ending = ''] = /\.[\p{L}\p{N}]{1,12}$/u.exec(name) ?? [];
  return `${characters.slice(0, MAX_NAME_LENGTH - ending.length - 1).join('')}…${ending}`;
}

/** Image types that browsers show and that get a thumbnail. */
const IMAGES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif']);
const AUDIO = new Set(['audio/mpeg', 'audio/ogg', 'audio/wav', 'audio/mp4', 'audio/x-m4a']);
const VIDEO = new Set(['video/mp4', 'video/webm']);

export const isImage = (type: string): boolean => IMAGES.has(type);

/** How a file is shown. An image that could not be decoded is shown as a plain file. */
export type FileKind = 'image' | 'audio' | 'video' | 'file';

export function kindOf({ type, width }: Pick<Attached, 'type' | 'width'>): FileKind {
  if (IMAGES.has(type)) return width === undefined ? 'file' : 'image';
  return AUDIO.has(type) ? 'audio' : VIDEO.has(type) ? 'video' : 'file';
}

const UNITS: readonly ((amount: string) => string)[] = [
  (amount) => t`${amount} KB`,
  (amount) => t`${amount} MB`,
  (amount) => t`${amount} GB`,
  (amount) => t`${amount} TB`,
];

/** `640 bytes`, `12 KB`, `3.4 MB`, in the current language: decimal units (1 KB = 1000 bytes). */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return plural(bytes, 'byte');
  const step = Math.min(UNITS.length, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** step;
  const rounded = amount < 9.95 ? Math.round(amount * 10) / 10 : Math.round(amount);
  const shown = currentLanguage() === 'en' ? String(rounded) : rounded.toLocaleString(currentLanguage(), { useGrouping: false });
  return UNITS[step - 1]?.(shown) ?? shown;
}

/** The path of a file. The name in it is only a default for saving; the id alone selects the file. */
export function fileUrl({ id, name }: Pick<Attached, 'id' | 'name'>): string {
  return name === 'thumb' || name === '.' || name === '..' ? `/files/${id}` : `/files/${id}/${encodeURIComponent(name)}`;
}

export const thumbUrl = ({ id }: Pick<Attached, 'id'>): string => `/files/${id}/thumb`;

/**
 * The Content-Disposition header of a file (RFC 6266). A name beyond printable ASCII, or with `"`, `\\` or `%`, is in `filename*` (RFC 8187), with
 * an ASCII one in `filename` for old clients.
 */
export const disposition = (type: 'inline' | 'attachment', name: string): string =>
  contentDisposition(name, { type, fallback: name.replace(/[^\x20-\x7e]|["\\%]/g, '_') });

/** The range that a Range header requests of `bytes` bytes: a range, `all` (no, several or invalid ranges), or `none` (not satisfiable: 416). RFC 9110, 14.2. */
export function rangeOf(header: string, bytes: number): 'all' | 'none' | { readonly from: number; readonly to: number } {
  const [, first, last] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'all';
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return 'all';
  return from > to ? 'none' : { from, to };
}

/** The size (px) at which an image is shown: scaled down to fit the box, never enlarged. */
export function shownSize(width: number, height: number, box: { readonly width: number; readonly height: number }) {
  const scale = Math.min(1, box.width / width, box.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
