import type { StoredRecord } from '../backup/port.ts';
import type { FileId, GroupId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import type { TextCollection } from './records.ts';

/** The keys of the contents of files, each sealed. They are in no backup. */
export type ContentKeyStore = {
  get(id: FileId): Promise<string | undefined>;
  /** Writes only if there is none; resolves to what is stored now. */
  putIfAbsent(id: FileId, sealed: string): Promise<string>;
  remove(id: FileId): Promise<void>;
};

/** `last`: the key of the last record that was read; undefined when there are no more. `missed`: of those to be replaced, the ones that had changed since. */
export type Rewritten = { readonly last: string | undefined; readonly missed: number };

/**
 * Reads texts as they are stored, and replaces them by the same texts in another form, while others go on writing. What was changed or scrubbed after it was
 * read is not replaced. `change` returns undefined for what is to stay; it must return at once.
 */
export type RewriteStore = {
  /** Entries with from ≤ seq ≤ to (`to − from` < 1000), by seq. `missed`: as above. */
  entries(group: GroupId, from: number, to: number, change: (entry: Entry) => Entry | undefined): Promise<Pick<Rewritten, 'missed'>>;
  /** At most `limit` (≥ 1) records with a key above `after`, by key: the key and the fields with texts (lib/encryption/records.ts). */
  records(
    name: TextCollection,
    page: { readonly after: string; readonly limit: number },
    change: (record: StoredRecord) => StoredRecord | undefined,
  ): Promise<Rewritten>;
  /** Removes what the store itself keeps of replaced texts, where it can. */
  finish(): Promise<void>;
};
