import type { EntryCommon } from '../log/entry.ts';

/**
 * A place in one log: right after the entry with this seq. `tag` tells that entry from another one with the same seq, which a log has that was
 * restored from a backup and has grown since. Undefined: not known, and so not compared.
 */
export type Position = { readonly seq: number; readonly tag?: string | undefined };

const MAX_TAG = 1_000_000;
export const MAX_SEQ = 9_999_999_999;
/** `<seq>` and `<seq>.<tag>`. */
export const POSITION = /^(\d{1,10})(?:\.(\d{6}))?$/;

/** 6 digits of an entry's `uid` (32 bits of FNV-1a, modulo a million): two entries have the same ones once in a million. */
function tagOf({ uid }: Pick<EntryCommon, 'uid'>): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < uid.length; i += 1) hash = Math.imul(hash ^ uid.charCodeAt(i), 0x01000193);
  return String((hash >>> 0) % MAX_TAG).padStart(6, '0');
}

/** The position after an entry. */
export const positionOf = (entry: Pick<EntryCommon, 'seq' | 'uid'>): Position => ({ seq: entry.seq, tag: tagOf(entry) });

/** `<seq>.<tag>`: the id of an event of one group's stream. `parseInt` gives the seq. */
export const positionId = ({ seq, tag }: Position): string => (tag === undefined ? String(seq) : `${seq}.${tag}`);

/** Undefined for anything but `<seq>` and `<seq>.<tag>`. */
export function parsePosition(text: string): Position | undefined {
  const [, seq, tag] = POSITION.exec(text) ?? [];
  return seq === undefined ? undefined : { seq: Number(seq), tag };
}
