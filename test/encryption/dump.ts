import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Binary, BSON, MongoClient } from 'mongodb';

/** All that a store has, by where it is: the files of DATA_DIR, or every document of the database. */
export async function dumpOf({ DATA_DIR = '', MONGODB_URL }: Record<string, string>): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const entry of await readdir(DATA_DIR, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) found.set(join(entry.parentPath, entry.name), await readFile(join(entry.parentPath, entry.name)));
  if (!MONGODB_URL) return found;
  await using client = new MongoClient(MONGODB_URL);
  for (const { name } of await client.db().listCollections().toArray())
    for await (const document of client.db().collection(name).find()) {
      found.set(`${name} ${document._id}`, Buffer.from(BSON.EJSON.stringify(document)));
      for (const value of Object.values(document))
        if (value instanceof Binary) found.set(`${name} ${document._id} data`, Buffer.from(value.buffer));
    }
  return found;
}

/** The places of a dump at which one of the words is, in any case. */
export const placesOf = (dump: ReadonlyMap<string, Buffer>, words: readonly string[]): string[] =>
  [...dump].flatMap(([place, bytes]) => {
    const text = bytes.toString('latin1').toLowerCase();
    return words.filter((word) => text.includes(word.toLowerCase())).map((word) => `${word} in ${place}`);
  });
