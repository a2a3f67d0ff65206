import contentDisposition from 'content-disposition';
import type { Attached } from '../log/entry.ts';

export const MAX_NAME_LENGTH = 120;

/** Controls, and characters that turn the direction of text: `exe.gpj` must not look like `jpg.exe` written backwards. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A name fit to be shown and to be saved under: no path, nothing invisible, 120 characters at most with its ending kept. Never empty. */
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

/** Pictures that browsers show and that a small copy is made of. */
const PICTURES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif']);
const SOUNDS = new Set(['audio/mpeg', 'audio/ogg', 'audio/wav', 'audio/mp4', 'audio/x-m4a']);
const FILMS = new Set(['video/mp4', 'video/webm']);

export const isPicture = (type: string): boolean => PICTURES.has(type);

/** How a file is shown. A picture that could not be read as one is a file like any other. */
export type Kind = 'picture' | 'sound' | 'film' | 'file';

export function kindOf({ type, width }: Pick<Attached, 'type' | 'width'>): Kind {
  if (PICTURES.has(type)) return width === undefined ? 'file' : 'picture';
  return SOUNDS.has(type) ? 'sound' : FILMS.has(type) ? 'film' : 'file';
}

/** `640 bytes`, `12 KB`, `3.4 MB`: by 1000, as file managers and shops count. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const step = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** step;
  const rounded = amount < 9.95 ? Math.round(amount * 10) / 10 : Math.round(amount);
  return `${rounded} ${['', 'KB', 'MB', 'GB', 'TB'][step]}`;
}

/** Where a file is got from. The name is for whoever saves it; only the id counts. */
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

/** What a Range header asks of `bytes` bytes: `all` (none, several ranges, or not understood), a range, or `none` of it is there (416). RFC 9110, 14.2. */
export function rangeOf(header: string, bytes: number): 'all' | 'none' | { readonly from: number; readonly to: number } {
  const [, first, last] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'all';
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return 'all';
  return from > to ? 'none' : { from, to };
}

/** The size (px) at which a picture of this size is shown: never larger than it is, nor than the box. */
export function shownSize(width: number, height: number, box: { readonly width: number; readonly height: number }) {
  const scale = Math.min(1, box.width / width, box.height / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
