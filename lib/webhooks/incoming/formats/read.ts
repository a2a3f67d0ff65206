export type { HeaderOf } from '../../signing.ts';

/** A JSON object whose fields may be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;
/** A file of a delivery. `isKept`: stored with the message; otherwise only its name is shown. */
export type File = { readonly name: string; readonly bytes: number; readonly isKept?: true };

/** A parsed payload whose format is not yet detected. */
export type Parsed = {
  readonly value: JsonObject;
  /** The files of a multipart form. */
  readonly files: readonly File[];
  /** Whether the Content-Type was multipart/form-data. */
  readonly isMultipart: boolean;
};

/** The maximum number of list items that are read, in any format. */
const MAX_ITEMS = 200;
const MAX_SEQ = 9_999_999_999;

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
/** The value if it is an object, otherwise an empty object. */
export const objectIn = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
/** The objects in a list, of its first `most` items; empty for anything else. */
export const objectsIn = (value: unknown, most = MAX_ITEMS): JsonObject[] =>
  Array.isArray(value) ? value.slice(0, most).filter(isJsonObject) : [];

/** Text, or a number or boolean as text; undefined for empty text and anything else. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** The first of these that is text. */
export const firstText = (...values: readonly unknown[]): string | undefined => values.map(textIn).find((text) => text !== undefined);

/** Joins the non-empty lines; undefined when there are none. */
export const lines = (...parts: readonly (string | undefined)[]): string | undefined =>
  parts.filter((part) => part !== undefined && part !== '').join('\n') || undefined;

/** A nested field: `at(value, 'repository', 'name')`. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((found, name) => (isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined), value);

/** ms since the epoch, of a number (seconds, or ms above 1e11) or a date as text; undefined for anything else. */
export function timeIn(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^[\d.]+$/.test(value)) {
    const ms = value.length < 60 ? Date.parse(value) : Number.NaN;
    return ms > 0 ? ms : undefined; // Go's zero time is the year 1
  }
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (!(number > 0)) return undefined;
  return number > 1e11 ? number : Math.round(number * 1000);
}

/** A number, or text that is one; 0 for anything else. (Number() of an object may throw: JSON can hide its `toString`.) */
export const numberIn = (value: unknown): number => (typeof value === 'number' || typeof value === 'string' ? Number(value) || 0 : 0);

/** The seq in a field that names a message, as a number or as digits; null for none (null or an empty text), undefined for anything else. */
export function seqIn(value: unknown): number | null | undefined {
  if (value === null || value === '') return null;
  const isSeq = typeof value === 'number' ? Number.isInteger(value) && value >= 0 : typeof value === 'string' && /^\d{1,10}$/.test(value);
  return isSeq && Number(value) <= MAX_SEQ ? Number(value) : undefined;
}

/** The own property of a table that untrusted input names; never an inherited one. */
export const lookUp = <T>(table: Readonly<Record<string, T>>, word: unknown): T | undefined =>
  typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined;
