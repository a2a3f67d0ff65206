/** A step of the schema that a store still needs. `records`: how many it reads, at the time of asking. `seconds`: an estimate. */
export type PendingStep = { readonly number: number; readonly what: string; readonly records: number; readonly seconds: number };

/** The version of what is stored, the newest that this program knows, and the steps between them, in order. */
export type SchemaState = {
  readonly store: 'sqlite' | 'mongo';
  readonly schema: number;
  readonly newest: number;
  readonly steps: readonly PendingStep[];
};

/** Called before each step of a migration that is not the creation of a new store. */
export type OnStep = (step: { readonly number: number; readonly newest: number; readonly what: string }) => void;

/** The sentence for a store of a newer version. */
export const newerThanThis = (schema: number, newest: number): string =>
  `The database was written by a newer Parley (schema ${schema}, this one knows up to ${newest}): update this one.`;

/** Seconds for going through `records` at `perSecond`, to a tenth. */
export const secondsFor = (records: number, perSecond: number): number => Math.round((records / perSecond) * 10) / 10;
