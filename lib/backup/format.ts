import type { FileId, GroupId } from '../ids.ts';
import type { Head } from '../log/entry.ts';
import type { Collection } from './port.ts';

/** The layout of a backup, described in docs/backup.md. Raised when a program of this version could not read what a later one writes. */
export const FORMAT = { format: 'parley-backup', version: 1 } as const;

/** The first member of an archive. `base`: the id of the backup that this one continues. */
export type Heading = typeof FORMAT & {
  readonly id: string;
  readonly createdAt: string;
  readonly program: string;
  readonly store: 'sqlite' | 'mongo';
  readonly base: string | null;
};

/** A member of the archive. `sha256`: of its content, hex. */
export type Member = { readonly name: string; readonly bytes: number; readonly sha256: string };

export type Damage = { readonly file: FileId; readonly reason: string };

/** The last member of an archive. */
export type Manifest = Heading & {
  /** The end of every log. */
  readonly heads: Readonly<Record<GroupId, Head>>;
  /** The ends of the logs in the base; absent without one. */
  readonly since?: Readonly<Record<GroupId, Head>>;
  /** Files whose content is in the base or in what it continues; absent without one. */
  readonly inherited?: readonly FileId[];
  /** The number of records, of entries and of files with content that this archive contains. */
  readonly counts: Readonly<Record<Collection | 'entries' | 'changed' | 'contents', number>>;
  /** Files whose content was not in the store as its record says. */
  readonly damaged: readonly Damage[];
  /** Old entries that the store may still change: `[group, seq]` of those with text that is to be scrubbed or with bots to be called. */
  readonly open: readonly (readonly [GroupId, number])[];
  readonly members: readonly Member[];
};

export const HEADING = 'backup.json';
export const MANIFEST = 'manifest.json';

/** What a member is, by its name; undefined for a name that this version does not write. */
export type MemberKind =
  | { readonly kind: 'heading' | 'manifest' }
  | { readonly kind: 'records'; readonly collection: string }
  | { readonly kind: 'entries' | 'changed'; readonly group: GroupId }
  | { readonly kind: 'content'; readonly file: FileId; readonly part: 'whole' | 'thumb' };

export function kindOf(name: string): MemberKind | undefined {
  if (name === HEADING) return { kind: 'heading' };
  if (name === MANIFEST) return { kind: 'manifest' };
  const [folder = '', of = '', ...rest] = name.split('/');
  if (folder === 'records' && rest.length === 1) return { kind: 'records', collection: of };
  if ((folder === 'entries' || folder === 'changed') && rest.length === 1) return { kind: folder, group: of as GroupId };
  if (folder === 'files' && rest.length === 0) return { kind: 'content', file: of as FileId, part: 'whole' };
  if (folder === 'thumbnails' && rest.length === 0) return { kind: 'content', file: of as FileId, part: 'thumb' };
  return undefined;
}

/** The files whose content is in an archive. */
export const contentsOf = ({ members }: Pick<Manifest, 'members'>): FileId[] =>
  members.flatMap(({ name }) => {
    const kind = kindOf(name);
    return kind?.kind === 'content' && kind.part === 'whole' ? [kind.file] : [];
  });

export const contentName = (file: FileId, part: 'whole' | 'thumb'): string => `${part === 'whole' ? 'files' : 'thumbnails'}/${file}`;

/** JSON with sorted fields and without absent ones: equal values have equal text, whichever store they come from. */
export const canonical = (value: unknown): string => JSON.stringify(value, sorted);

function sorted(_key: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value;
}
