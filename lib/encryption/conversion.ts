import { everyGroup } from '../groups/every-group.ts';
import { asFileId, type FileId, type GroupId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import { encryptContent } from './chunks.ts';
import { mapEntry } from './entries.ts';
import { type ContentKeys, contentPlace, openContentKeys, sealedId } from './files.ts';
import type { Keyring } from './keys.ts';
import { mapRecord, TEXT_COLLECTIONS, type TextCollection } from './records.ts';
import { type OnDamage, openSealer } from './sealed.ts';
import { PROGRESS } from './settings.ts';
import { type Change, resealing } from './texts.ts';

/** Where a conversion is. `key`: the id of the key that it converts to. `after`: the last record, or the number of the last group. `at`: ms. */
export type Progress = {
  readonly key: string;
  readonly stage: TextCollection | 'log' | 'contents' | 'done';
  readonly after: string;
  readonly by: string;
  readonly at: number;
};

const STAGES: readonly Progress['stage'][] = [...TEXT_COLLECTIONS, 'log', 'contents', 'done'];
const RECORDS = 100;
const ENTRIES = 100;
/** How often a record is tried again that others keep changing. */
const TRIES = 10;

export type ConversionOptions = {
  /** Called after each piece of work; what follows waits for it. */
  readonly step: (done: { readonly stage: Progress['stage']; readonly records: number }) => Promise<void>;
  readonly onDamage?: OnDamage;
  /** Who saves the progress. */
  readonly by: string;
  readonly now: () => number;
};

export async function readProgress(store: Pick<Store, 'settings'>): Promise<Progress | undefined> {
  const text = await store.settings.get(PROGRESS);
  return text ? JSON.parse(text) : undefined;
}

/**
 * Encrypts with the newest key what is unencrypted or under an older one, while others read and write. `store`: opened without decryption. Continues after
 * `from`; saves how far it is, so that another process can. Rejects with what `step` rejects with, and with StoreUnavailable.
 */
export async function convert(store: Store, keyring: Keyring, from: Progress | undefined, options: ConversionOptions): Promise<void> {
  const { step, onDamage, by, now } = options;
  const sealer = openSealer(keyring, 'records', onDamage);
  const change = resealing(sealer);
  const start = from?.key === keyring.newest ? from : undefined;
  const save = (stage: Progress['stage'], after: string): Promise<void> =>
    store.settings.put(PROGRESS, JSON.stringify({ key: keyring.newest, stage, after, by, at: now() } satisfies Progress));
  for (const stage of STAGES.slice(Math.max(0, STAGES.indexOf(start?.stage ?? 'settings')))) {
    const after = start?.stage === stage ? start.after : '';
    const reached = async (last: string, records: number): Promise<void> => {
      await save(stage, last);
      await step({ stage, records });
    };
    if (stage === 'log') await convertLogs(store, change, after, reached);
    else if (stage === 'contents') await convertContents(store, keyring, after, reached);
    else if (stage !== 'done') await convertRecords(store, stage, change, after, reached);
  }
  await store.rewrite.finish();
  await save('done', '');
}

type Reached = (last: string, records: number) => Promise<void>;

async function convertRecords(store: Store, name: TextCollection, change: Change, start: string, reached: Reached): Promise<void> {
  for (let after = start, tries = 0; ; ) {
    let records = 0;
    const { last, missed } = await store.rewrite.records(name, { after, limit: RECORDS }, (record) => {
      records += 1;
      const changed = mapRecord(name, record, change);
      return changed === record ? undefined : changed;
    });
    if (missed > 0 && ++tries < TRIES) continue;
    if (last === undefined) return;
    [after, tries] = [last, 0];
    await reached(after, records);
  }
}

/** By the number of the group and the seq of the entry: `<number>/<seq>`. */
async function convertLogs(store: Store, change: Change, start: string, reached: Reached): Promise<void> {
  const [number = 0, seq = 0] = start.split('/').map(Number);
  for await (const group of everyGroup(store, { afterNumber: Math.max(0, number - 1) })) {
    const first = group.number === number ? seq + 1 : 1;
    await convertLog(store, group.id, change, first, (last, records) => reached(`${group.number}/${last}`, records));
  }
}

/** Up to the head of now: later entries are encrypted when they are written. */
async function convertLog(store: Store, group: GroupId, change: Change, first: number, reached: Reached): Promise<void> {
  const { seq } = await store.log.head(group);
  for (let [from, tries] = [first, 0]; from <= seq; ) {
    const to = Math.min(from + ENTRIES - 1, seq);
    const { missed } = await store.rewrite.entries(group, from, to, (entry) => {
      const changed = mapEntry(entry, change);
      return changed === entry ? undefined : changed;
    });
    if (missed > 0 && ++tries < TRIES) continue;
    await reached(String(to), to - from + 1);
    [from, tries] = [to + 1, 0];
  }
}

/** The contents of files that are unencrypted. A new key does not change contents: their own keys are records. */
async function convertContents(store: Store, keyring: Keyring, start: string, reached: Reached): Promise<void> {
  const keys = openContentKeys(store.contentKeys, openSealer(keyring, 'records'));
  for (let after = start; ; ) {
    const ids: FileId[] = [];
    const { last } = await store.rewrite.records('files', { after, limit: RECORDS }, ({ id }) => {
      ids.push(asFileId(String(id)));
      return undefined;
    });
    for (const id of ids) await convertContent(store, keys, id);
    if (last === undefined) return;
    after = last;
    await reached(after, ids.length);
  }
}

/** The encrypted content is complete before the other one is removed; whoever reads takes the one that there is. */
async function convertContent(store: Store, keys: ContentKeys, id: FileId): Promise<void> {
  const [whole, thumb] = [await store.files.read(id, 'whole'), await store.files.read(id, 'thumb')];
  if (!whole && !thumb) return;
  const parts = [...(whole ? [['whole', whole] as const] : []), ...(thumb ? [['thumb', thumb] as const] : [])];
  const isDone = await Promise.all(parts.map(async ([part]) => (await store.files.read(sealedId(id), part)) !== undefined));
  if (isDone.includes(false)) {
    await store.files.removeContent(sealedId(id)); // of a conversion that was interrupted
    const key = await keys.make(id);
    for (const [part, content] of parts) await store.files.write(sealedId(id), part, encryptContent(key, contentPlace(id, part), content));
  }
  await store.files.removeContent(id);
  if (await store.files.byId(id)) return;
  await store.contentKeys.remove(id); // the file was removed meanwhile
  await store.files.removeContent(sealedId(id));
}
