import type { BackupStore, Collection, Snapshot, StoredRecord } from '../backup/port.ts';
import { mapEntry, openEntry } from './entries.ts';
import { hasTexts, mapRecord, openRecord } from './records.ts';
import type { Sealer } from './sealed.ts';
import { opening, sealing } from './texts.ts';

/** Backups read decrypted records, so that they can be restored anywhere; the archive is encrypted as a whole (lib/encryption/archive.ts). */
export function encryptedBackups(backup: BackupStore, sealer: Sealer): BackupStore {
  const [seal, unseal] = [sealing(sealer), opening(sealer)];
  const sealed = (name: Collection, record: StoredRecord): StoredRecord => (hasTexts(name) ? mapRecord(name, record, seal) : record);

  async function* opened(name: Collection, records: ReturnType<Snapshot['records']>): AsyncIterable<StoredRecord> {
    for await (const record of records) yield hasTexts(name) ? openRecord(name, record, unseal) : record;
  }

  return {
    ...backup,
    async snapshot() {
      const snapshot = await backup.snapshot();
      return {
        ...snapshot,
        records: (name) => opened(name, snapshot.records(name)),
        entries: async (group, from, to) => (await snapshot.entries(group, from, to)).map((entry) => openEntry(entry, sealer)),
      };
    },
    putRecords: (name, records) =>
      backup.putRecords(
        name,
        records.map((record) => sealed(name, record)),
      ),
    putEntries: (group, entries) =>
      backup.putEntries(
        group,
        entries.map((entry) => mapEntry(entry, seal)),
      ),
  };
}
