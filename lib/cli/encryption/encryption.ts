import { randomBytes } from 'node:crypto';
import { convert, readProgress } from '../../encryption/conversion.ts';
import { isIndexed } from '../../encryption/runner.ts';
import { KINDS, NAMES, type Survey, survey } from '../../encryption/survey.ts';
import { conflict, invalid } from '../../errors.ts';
import { everyGroup } from '../../groups/every-group.ts';
import { randomId, systemRandom } from '../../ids.ts';
import type { OpenCore } from '../../open-core.ts';
import type { Session } from '../command.ts';
import type { Out } from '../out.ts';

const ID = /^[A-Za-z0-9_-]{1,32}$/;

/** Prints a new key: `<id>:<base64 of 32 bytes>`. Errors: `invalid` (id). */
export function keygen(out: Out, given: string | undefined): void {
  const id = given ?? `${new Date().toISOString().slice(0, 10)}-${randomId(systemRandom, 3)}`;
  if (!ID.test(id)) throw invalid('id', 'id must have 1 to 32 characters of A-Z a-z 0-9 _ -.');
  const key = `${id}:${randomBytes(32).toString('base64')}`;
  out.write({ id, key }, key);
}

/** Prints a row for each kind of text, then what cannot be decrypted. Rejects if there is such a text. */
export async function status({ core, out }: Session): Promise<void> {
  const store = core.encryption?.raw ?? core.store;
  const keyring = core.encryption?.keyring;
  const count = counter();
  const { counts, damaged } = await survey(store, keyring, (records) => !out.json && count('read', records));
  out.list(rowsOf(counts), '');
  const progress = await readProgress(store);
  const isDone = KINDS.every((kind) => counts[kind].old === 0);
  const state = keyring ? stateOf(counts, isDone, progress?.stage === 'done') : 'ENCRYPTION_KEYS is not set: nothing is encrypted.';
  const summary = {
    newest: keyring?.newest ?? null,
    keys: keyring?.ids ?? [],
    isDone: isDone && keyring !== undefined,
    unused: unusedOf(core, counts),
  };
  out.write({ ...summary, damaged }, state);
  if (!out.json) for (const { place, reason } of damaged) process.stderr.write(`parley: ${place} cannot be decrypted: ${reason}\n`);
  if (damaged.length > 0) throw new Error(`${damaged.length} texts cannot be decrypted.`);
}

const rowsOf = (counts: Survey['counts']) =>
  KINDS.map((kind) => {
    const { total, old, unencrypted, byKey } = counts[kind];
    const keys = Object.entries(byKey).map(([id, many]) => `${id}: ${many}`);
    return { kind: NAMES[kind], total, unencrypted, waiting: old, keys };
  });

function stateOf(counts: Survey['counts'], isDone: boolean, isPassed: boolean): string {
  if (isDone) return 'Everything is encrypted with the newest key.';
  const waiting = KINDS.reduce((sum, kind) => sum + counts[kind].old, 0);
  return isPassed
    ? `${waiting} are not encrypted with the newest key, though the server has gone through all: run parley encrypt rotate.`
    : `${waiting} are not encrypted with the newest key yet: a running server encrypts them in the background, parley encrypt rotate now.`;
}

/** Keys of ENCRYPTION_KEYS that nothing is encrypted with any more. */
const unusedOf = ({ encryption }: OpenCore, counts: Survey['counts']): string[] =>
  (encryption?.keyring.ids ?? []).filter((id) => id !== encryption?.keyring.newest && KINDS.every((kind) => !counts[kind].byKey[id]));

/** Encrypts everything with the newest key; the search index too. Errors: `conflict` without keys. */
export async function rotate({ core, out }: Session): Promise<void> {
  const { encryption } = core;
  if (!encryption) throw conflict('ENCRYPTION_KEYS is not set: there is no key to encrypt with (parley encrypt keygen prints one).');
  const { raw, keyring } = encryption;
  const count = counter();
  let records = 0;
  const progress = await readProgress(raw);
  const from = progress?.stage === 'done' ? undefined : progress;
  await convert(raw, keyring, from, {
    by: 'rotate',
    now: core.now,
    step: async (done) => {
      records += done.records;
      if (!out.json) count('done', records);
    },
  });
  while (!(await isIndexed(core.store))) for await (const { id } of everyGroup(core.store)) await indexAll(core, id);
  const { counts } = await survey(raw, keyring);
  const unused = unusedOf(core, counts);
  const removable = unused.length === 0 ? '' : ` Nothing needs ${unused.join(', ')} any more but older backups.`;
  out.write({ newest: keyring.newest, records, unused }, `Everything is encrypted with the key ${keyring.newest}.${removable}`);
}

async function indexAll({ indexer, store }: OpenCore, id: Parameters<OpenCore['store']['log']['head']>[0]): Promise<void> {
  await indexer.catchUp([{ id, head: await store.log.head(id) }]);
}

const EVERY_MS = 1000;

/** Writes a line per second on standard error. */
function counter(): (verb: string, records: number) => void {
  let shown = performance.now();
  return (verb, records) => {
    if (performance.now() - shown < EVERY_MS) return;
    shown = performance.now();
    process.stderr.write(`${records} records ${verb}\n`);
  };
}
