import { statfs } from 'node:fs/promises';
import type { Core } from '../core.ts';
import type { FileUsage } from '../files/port.ts';
import { everyGroup } from '../groups/every-group.ts';
import { isDirect } from '../groups/rules.ts';
import { asGroupId, asUserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { isHeld } from './rules.ts';

const LISTED = 10;

type Share = FileUsage & { readonly name: string };

/** What a site takes. Bytes; days: 0 is for ever, quotas: 0 is none. `disk`: of the data folder; null with MongoDB. */
export type StorageFigures = {
  readonly store: 'sqlite' | 'mongo';
  readonly database: number;
  readonly files: FileUsage;
  readonly disk: { readonly free: number; readonly size: number } | null;
  readonly messages: number;
  readonly entries: number;
  readonly groups: number;
  readonly direct: number;
  readonly held: number;
  readonly retention: { readonly days: number; readonly direct: number };
  readonly quotas: { readonly person: number; readonly site: number };
  /** Those with most bytes of files. */
  readonly people: readonly Share[];
  readonly largest: readonly Share[];
};

/** Reads the figures. Errors: StoreUnavailable. */
export async function storageFigures(core: Core): Promise<StorageFigures> {
  const { store, config } = core;
  const [database, files, people, largest, logs, disk] = await Promise.all([
    store.size(),
    store.files.usage(),
    store.files.largest('author', LISTED),
    store.files.largest('group', LISTED),
    countLogs(core),
    diskOf(core),
  ]);
  return {
    ...{ store: store.kind, database, files, disk, ...logs },
    retention: { days: config.retentionDays, direct: config.retentionDirectDays },
    quotas: { person: config.maxFilesBytesPerUser, site: config.maxFilesBytes },
    people: await namedPeople(core, people),
    largest: await namedGroups(core, largest),
  };
}

async function countLogs(core: Core) {
  const counts = { messages: 0, entries: 0, groups: 0, direct: 0, held: 0 };
  for await (const group of everyGroup(core.store)) {
    counts[group.kind === 'direct' ? 'direct' : 'groups'] += 1;
    if (isHeld(group, core.config)) counts.held += 1;
    counts.messages += group.head.n;
    counts.entries += group.head.seq;
  }
  return counts;
}

async function diskOf({ store, config }: Core): Promise<StorageFigures['disk']> {
  if (store.kind !== 'sqlite') return null;
  const { bavail, blocks, bsize } = await statfs(config.dataDir);
  return { free: bavail * bsize, size: blocks * bsize };
}

type Usage = FileUsage & { readonly id: string };

async function namedPeople({ directory }: Core, shares: readonly Usage[]): Promise<Share[]> {
  const profiles = await directory.profiles(shares.map(({ id }) => asUserId(id)));
  return shares.map(({ id, files, bytes }) => ({ name: profiles.get(asUserId(id))?.name ?? t`somebody`, files, bytes }));
}

/** Direct conversations have no name for others than their members. */
async function namedGroups({ store }: Core, shares: readonly Usage[]): Promise<Share[]> {
  const groups = new Map((await store.groups.byIds(shares.map(({ id }) => asGroupId(id)))).map((group) => [String(group.id), group]));
  return shares.map(({ id, files, bytes }) => {
    const group = groups.get(id);
    return { name: group && !isDirect(group) ? group.name : t`direct messages`, files, bytes };
  });
}
