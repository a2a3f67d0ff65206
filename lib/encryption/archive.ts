import { createSecretKey } from 'node:crypto';
import { invalid } from '../errors.ts';
import { systemRandom } from '../ids.ts';
import { DamagedContent, decryptContent, encryptContent } from './chunks.ts';
import type { Keyring } from './keys.ts';
import { keyIdOf, openSealer } from './sealed.ts';

/** An encrypted archive begins with one line of JSON: this, and `contentKey`, the sealed key of what follows. */
const FORMAT = { format: 'parley-backup-encrypted', version: 1 } as const;
const BEGINNING = Buffer.from(`{"format":"${FORMAT.format}"`);
const MAX_LINE_BYTES = 1024;
const PLACE = 'backup';

/** Encrypts an archive as a whole: without a key, not even the names in it can be read. */
export async function* encryptArchive(keyring: Keyring, archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const key = Buffer.from(systemRandom(32));
  const contentKey = openSealer(keyring, 'backup').seal(key.toString('base64'), PLACE);
  yield Buffer.from(`${JSON.stringify({ ...FORMAT, contentKey })}\n`);
  yield* encryptContent(createSecretKey(key), PLACE, archive);
}

/**
 * The archive in a file; one that is not encrypted is returned as it is.
 * Errors: `invalid` (file) when the keyring lacks the key or there is none; DamagedContent when the file was changed or cut.
 */
export async function* decryptArchive(keyring: Keyring | undefined, file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = file[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let isOver = false;
  while (!isOver && head.length < MAX_LINE_BYTES) {
    const { done = false, value } = await pieces.next();
    isOver = done;
    if (value) head = Buffer.concat([head, value]);
  }
  const rest = { [Symbol.asyncIterator]: () => pieces };
  if (!head.subarray(0, BEGINNING.length).equals(BEGINNING)) yield* joined(head, rest);
  else {
    const end = head.subarray(0, MAX_LINE_BYTES).indexOf(10);
    yield* decryptContent(keyIn(keyring, head.subarray(0, Math.max(0, end))), PLACE, joined(head.subarray(end + 1), rest));
  }
}

async function* joined(head: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  yield* rest;
}

function keyIn(keyring: Keyring | undefined, line: Buffer) {
  const { version, contentKey } = parsed(line);
  if (version !== FORMAT.version || contentKey === undefined) throw new DamagedContent(PLACE, 'its first line was changed');
  const id = keyIdOf(contentKey) ?? '';
  if (!keyring?.ids.includes(id)) throw invalid('file', `The backup is encrypted with the key ${id}, which is not in ENCRYPTION_KEYS.`);
  const key = openSealer(keyring, 'backup').open(contentKey, PLACE);
  if (key === undefined)
    throw invalid('file', `The backup is encrypted with another key ${id} than the one in ENCRYPTION_KEYS, or its first line was changed.`);
  return createSecretKey(Buffer.from(key, 'base64'));
}

function parsed(line: Buffer): { readonly version?: unknown; readonly contentKey?: string } {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return {};
  }
}
