import { type Db, MongoServerError } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import { newerThanThis, type OnStep, type PendingStep, type SchemaState, secondsFor } from '../migration.ts';
import { type Collections, collectionsOf, createIndexes, INDEXES } from './collections.ts';
import { isDuplicate } from './timeout.ts';
import { addSkeletons } from './users.ts';

/** A change of what is stored. `over`: the collection that it reads. Several processes may take it at once, and one that died may have taken a part. */
export type Step = { readonly what: string; readonly over: keyof Collections; run(collections: Collections): Promise<void> };

/** Step k (from 1) takes a database from version k − 1 to k. Steps that were released are never edited, only followed by new ones. */
export const MIGRATIONS: readonly Step[] = [
  { what: 'how the names of users look', over: 'users', run: addSkeletons },
  // Changes nothing: a program that knows no second factors would log in without them.
  { what: 'credentials besides passwords', over: 'credentials', run: async () => {} },
];

/** The setting with the version, as decimal digits; absent in a database of before there were versions. */
const VERSION = 'schema';

/**
 * Creates missing indexes and takes the steps that are missing, each followed by its number, so that what ends in the middle continues with the
 * step that was cut off. Several processes may do it at once. Errors: StoreUnavailable (`newer`) for a database of a newer version.
 */
export async function migrate(db: Db, steps: readonly Step[] = MIGRATIONS, onStep: OnStep = () => {}): Promise<void> {
  const collections = collectionsOf(db);
  const found = await versionOf(collections, steps);
  const isNew = (await collections.users.findOne({}, { projection: { _id: 1 } })) === null;
  if (!isNew)
    for (const { collection, index } of await missingIndexes(db)) onStep({ ...of(found, steps), what: nameOf(collection, index) });
  await createIndexes(db);
  for (const [index, step] of steps.entries()) {
    if (index < found) continue;
    if (!isNew) onStep({ ...of(index + 1, steps), what: step.what });
    await step.run(collections);
    await raise(collections, index + 1);
  }
}

const of = (number: number, steps: readonly Step[]) => ({ number, newest: steps.length });

/** What `migrate` would do. Changes nothing. Errors: as `migrate`. */
export async function schemaOf(db: Db, steps: readonly Step[] = MIGRATIONS): Promise<SchemaState> {
  const collections = collectionsOf(db);
  const schema = await versionOf(collections, steps);
  const pending: PendingStep[] = [];
  const add = async (number: number, what: string, over: string): Promise<void> => {
    const records = await db.collection(over).estimatedDocumentCount();
    pending.push({ number, what, records, seconds: secondsFor(records, PER_SECOND) });
  };
  for (const { collection, index } of await missingIndexes(db)) await add(schema, nameOf(collection, index), collection);
  for (const [index, { what, over }] of steps.entries()) if (index >= schema) await add(index + 1, what, over);
  return { store: 'mongo', schema, newest: steps.length, steps: pending };
}

const nameOf = (collection: string, index: string): string => `create index ${index} on ${collection}`;

/** Documents that an index is built over. */
const PER_SECOND = 50_000;

async function versionOf({ settings }: Collections, steps: readonly Step[]): Promise<number> {
  const version = Number((await settings.findOne({ _id: VERSION }))?.value ?? 0);
  if (version <= steps.length) return version;
  throw new StoreUnavailable(newerThanThis(version, steps.length), { fault: 'newer' });
}

/** Never lowers it: another process may be ahead. */
async function raise({ settings }: Collections, version: number): Promise<void> {
  const before = { _id: VERSION, value: String(version - 1) };
  const change = { $set: { value: String(version) } };
  await settings.updateOne(before, change, { upsert: version === 1 }).catch((error) => {
    if (!isDuplicate(error)) throw error; // another process has written the first one
  });
}

/** The indexes that `createIndexes` would create, by their names. */
async function missingIndexes(db: Db): Promise<{ readonly collection: string; readonly index: string }[]> {
  const missing: { collection: string; index: string }[] = [];
  for (const [collection, indexes] of Object.entries(INDEXES)) {
    const existing = await db.collection(collection).listIndexes().toArray().catch(noCollection);
    const names = new Set(existing.map(({ name }) => name));
    missing.push(...indexes.flatMap(({ name = '' }) => (names.has(name) ? [] : [{ collection, index: name }])));
  }
  return missing;
}

/** NamespaceNotFound */
function noCollection(error: unknown): never[] {
  if (error instanceof MongoServerError && error.code === 26) return [];
  throw error;
}
