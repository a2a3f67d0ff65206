import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { BSON, MongoClient } from 'mongodb';
import { freshDatabase, mongoService, present } from '../helpers/services.ts';

export const mongo = await mongoService();

const FOLDER = new URL('../../fixtures/stores/0.1.0/', import.meta.url);

/** The schema of the embedded database of version 0.1.0. */
export const OLD_SCHEMA = 13;

/** A data folder that version 0.1.0 has written, removed with the test. */
export function oldFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'parley.db'), gunzipSync(readFileSync(new URL('parley.db.gz', FOLDER))), { mode: 0o600 });
  mkdirSync(join(folder, 'files'), { mode: 0o700 });
  cpSync(new URL('files', FOLDER), join(folder, 'files'), { recursive: true });
  return folder;
}

type Line = { readonly collection: string; readonly index?: object; readonly document?: object };

/** The URL of a database that version 0.1.0 has written, dropped with the test. */
export async function oldDatabase(t: ExecutionContext): Promise<string> {
  const url = freshDatabase(present(mongo));
  const client = await MongoClient.connect(url);
  t.teardown(async () => {
    await client.db().dropDatabase();
    await client.close();
  });
  for (const [collection, lines] of Map.groupBy(dump(), (line) => line.collection)) {
    const into = client.db().collection(collection);
    for (const { index } of lines) if (index) await into.createIndexes([index as never]);
    const documents = lines.flatMap(({ document }) => (document ? [document] : []));
    if (documents.length > 0) await into.insertMany(documents);
  }
  return url;
}

const dump = (): Line[] =>
  gunzipSync(readFileSync(new URL('mongo.jsonl.gz', FOLDER)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => BSON.EJSON.parse(line) as Line);
