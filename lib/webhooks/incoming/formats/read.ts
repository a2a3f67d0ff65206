export type { HeaderOf } from '../../signing.ts';

/** A JSON object whose fields may be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;
/** `isKept`: it is stored with the message; else only its name is told. */
export type File = { readonly name: string; readonly bytes: number; readonly isKept?: true };

/** What came to a webhook, read but not yet understood. */
export type Parsed = {
  readonly value: JsonObject;
  /** Files beside it. */
  readonly files: readonly File[];
  /** Whether it came as multipart/form-data. */
  readonly isMultipart: boolean;
};

/** More of a list than this is not looked at, in any format. */
const MOST = 200;

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
/** An object, or an empty one in place of anything else. */
export const objectIn = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
/** The objects of a list. */
export const objectsIn = (value: unknown, most = MOST): JsonObject[] =>
  Array.isArray(value) ? value.slice(0, most).filter(isJsonObject) : [];

/** Text, or a number or truth value as text; undefined for what is empty or anything else. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** The first of these that is text. */
export const firstText = (...values: readonly unknown[]): string | undefined => values.map(textIn).find((text) => text !== undefined);

/** Lines that are there, joined. */
export const lines = (...parts: readonly (string | undefined)[]): string | undefined =>
  parts.filter((part) => part !== undefined && part !== '').join('\n') || undefined;

/** A field far down: `at(value, 'repository', 'name')`. */
export const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((found, name) => (isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined), value);

/** ms since the epoch of a number (seconds, or ms where it is too large for that) or a date as text; undefined for anything else. */
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

/** What a table says of a word that came from outside; never what objects inherit. */
export const lookUp = <T>(table: Readonly<Record<string, T>>, word: unknown): T | undefined =>
  typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined;
