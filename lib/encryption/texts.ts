import { keyIdOf, type Sealer } from './sealed.ts';

/**
 * How a field with a text is stored: as it is (`text`); as JSON when it is sealed (`json`); or as an object that keeps `upto` beside its sealed JSON,
 * since stores compare it (`folded`).
 */
export type Encoding = 'text' | 'json' | 'folded';

/** The fields of a record that contain texts. */
export type Fields = Readonly<Record<string, Encoding>>;

/** Called for each field with a text; returns what takes its place. Undefined removes the field. */
export type Change = (value: unknown, as: Encoding, place: string) => unknown;

/** The record with `change` applied to its texts; the same object when nothing changed. Absent, null and empty texts are left alone. */
export function mapTexts<T extends object>(record: T, fields: Fields, place: string, change: Change): T {
  let changed: Record<string, unknown> | undefined;
  for (const field in fields) {
    const value = (record as Record<string, unknown>)[field];
    if (value === undefined || value === null || value === '') continue;
    const as = fields[field] ?? 'text';
    const next = change(value, as, as === 'folded' ? `${place}/${field}/${(value as Folded).upto}` : `${place}/${field}`);
    if (next === value) continue;
    changed ??= { ...(record as Record<string, unknown>) };
    if (next === undefined) delete changed[field];
    else changed[field] = next;
  }
  return (changed as T | undefined) ?? record;
}

type Folded = { readonly upto: number; readonly sealed?: string };

/** The sealed text of a stored value; undefined when it is stored unencrypted. */
export function sealedIn(value: unknown, as: Encoding): string | undefined {
  const text = as === 'folded' ? (value as Folded).sealed : value;
  return typeof text === 'string' && keyIdOf(text) !== undefined ? text : undefined;
}

const textOf = (value: unknown, as: Encoding): string => (as === 'text' ? String(value) : JSON.stringify(value));
const parsedAs = (text: string, as: Encoding): unknown => (as === 'text' ? text : JSON.parse(text));
const stored = (sealed: string, as: Encoding, value: unknown): unknown =>
  as === 'folded' ? { upto: (value as Folded).upto, sealed } : sealed;

export const sealing =
  (sealer: Sealer): Change =>
  (value, as, place) =>
    stored(sealer.seal(textOf(value, as), place), as, value);

/** A text that cannot be decrypted becomes undefined. */
export const opening =
  (sealer: Sealer): Change =>
  (value, as, place) => {
    const sealed = sealedIn(value, as);
    if (sealed === undefined) return value;
    const text = sealer.open(sealed, place);
    return text === undefined ? undefined : parsedAs(text, as);
  };

/** Seals with the newest key what is unencrypted or sealed with an older one. What cannot be decrypted stays as it is. */
export const resealing =
  (sealer: Sealer): Change =>
  (value, as, place) => {
    const sealed = sealedIn(value, as);
    if (sealed === undefined) return sealing(sealer)(value, as, place);
    if (keyIdOf(sealed) === sealer.newest) return value;
    const text = sealer.open(sealed, place);
    return text === undefined ? value : stored(sealer.seal(text, place), as, value);
  };
