import type { StoredRecord } from '../backup/port.ts';
import { everyGroup } from '../groups/every-group.ts';
import { asFileId } from '../ids.ts';
import type { Entry } from '../log/entry.ts';
import type { Store } from '../store/port.ts';
import { mapEntry } from './entries.ts';
import type { Keyring } from './keys.ts';
import { everyRecord } from './reading.ts';
import { mapRecord, TEXT_COLLECTIONS, type TextCollection } from './records.ts';
import { type Damage, keyIdOf, openSealer } from './sealed.ts';
import { type Change, opening, sealedIn } from './texts.ts';

/** What is encrypted, in the words of the operator. `secrets`: of settings. */
export const KINDS = [
  'messages',
  'edits',
  'acts',
  'commands',
  'topics',
  'files',
  'contents',
  'webhooks',
  'deliveries',
  'scheduled',
  'secrets',
] as const;
export type Kind = (typeof KINDS)[number];

/**
 * `total`: those that have a text. `byKey`: those with a text under the key of this id. `unencrypted`: those with an unencrypted text. `old`: those with a
 * text that is not under the newest key.
 */
export type Count = { total: number; byKey: Record<string, number>; unencrypted: number; old: number };

/** `damaged`: texts that cannot be decrypted with the keys that there are, the first of them. */
export type Survey = { readonly counts: Readonly<Record<Kind, Count>>; readonly damaged: readonly Damage[] };

const MAX_DAMAGED = 100;
const AT_ONCE = 500;

const KIND_OF: Readonly<Record<TextCollection, Kind>> = {
  settings: 'secrets',
  groups: 'topics',
  webhooks: 'webhooks',
  deliveries: 'deliveries',
  scheduled: 'scheduled',
  files: 'files',
  contentKeys: 'contents',
};
const ENTRY_KINDS: { readonly [K in Entry['kind']]?: Kind } = {
  message: 'messages',
  edit: 'edits',
  act: 'acts',
  command: 'commands',
  topic: 'topics',
};

/** Reads every text of a store that was opened without decryption, counts them by key, and decrypts those whose key is in the keyring. */
export async function survey(store: Store, keyring: Keyring | undefined, onRead: (records: number) => void = () => {}): Promise<Survey> {
  const damaged: Damage[] = [];
  const note = (damage: Damage): void => void (damaged.length < MAX_DAMAGED && damaged.push(damage));
  const tryOpen = keyring && opening(openSealer(keyring, 'records', note));
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, { total: 0, byKey: {}, unencrypted: 0, old: 0 }])) as Survey['counts'];
  let read = 0;

  function visit(kind: Kind, map: (change: Change) => unknown): void {
    const used = new Set<string>();
    map((value, as, place) => {
      const id = keyIdOf(sealedIn(value, as) ?? '');
      used.add(id ?? '');
      if (id !== undefined && keyring?.ids.includes(id)) tryOpen?.(value, as, place);
      return value;
    });
    count(counts[kind], used, keyring?.newest);
    onRead(++read);
  }

  const visitRecord = (name: TextCollection, record: StoredRecord): void =>
    visit(KIND_OF[name], (change) => mapRecord(name, record, change));
  for (const name of TEXT_COLLECTIONS)
    for await (const record of everyRecord(store, name)) {
      visitRecord(name, record);
      if (name === 'files' && (await isUnencrypted(store, String(record.id)))) count(counts.contents, new Set(['']), keyring?.newest);
    }
  for await (const { id } of everyGroup(store)) {
    const { seq } = await store.log.head(id);
    for (let from = 1; from <= seq; from += AT_ONCE)
      await store.rewrite.entries(id, from, from + AT_ONCE - 1, (entry) => {
        const kind = ENTRY_KINDS[entry.kind];
        if (kind) visit(kind, (change) => mapEntry(entry, change));
        return undefined;
      });
  }
  return { counts, damaged };
}

function count(into: Count, used: ReadonlySet<string>, newest: string | undefined): void {
  if (used.size === 0) return;
  into.total += 1;
  if (used.has('')) into.unencrypted += 1;
  if ([...used].some((id) => id !== newest)) into.old += 1;
  for (const id of used) if (id !== '') into.byKey[id] = (into.byKey[id] ?? 0) + 1;
}

/** Whether a file has unencrypted content. */
export const isUnencrypted = async (store: Store, id: string): Promise<boolean> => {
  for (const part of ['whole', 'thumb'] as const) if (await store.files.read(asFileId(id), part)) return true;
  return false;
};

/** What needs the key of this id, such as `1204 messages, 3 files`; undefined when nothing does. */
export function neededFor({ counts }: Pick<Survey, 'counts'>, id: string): string | undefined {
  const parts = KINDS.flatMap((kind) => {
    const many = counts[kind].byKey[id] ?? 0;
    return many === 0 ? [] : [many === 1 ? `1 ${ONE[kind]}` : `${many} ${NAMES[kind]}`];
  });
  return parts.length === 0 ? undefined : parts.join(', ');
}

export const NAMES: Readonly<Record<Kind, string>> = {
  messages: 'messages',
  edits: 'edits of messages',
  acts: 'uses of actions',
  commands: 'commands to bots',
  topics: 'topics of groups',
  files: 'names of files',
  contents: 'contents of files',
  webhooks: 'webhooks of bots',
  deliveries: 'calls of bots',
  scheduled: 'scheduled messages',
  secrets: 'secrets of settings',
};

const ONE: Readonly<Record<Kind, string>> = {
  messages: 'message',
  edits: 'edit of a message',
  acts: 'use of an action',
  commands: 'command to a bot',
  topics: 'topic of a group',
  files: 'name of a file',
  contents: 'content of a file',
  webhooks: 'webhook of a bot',
  deliveries: 'call of a bot',
  scheduled: 'scheduled message',
  secrets: 'secret of the settings',
};
