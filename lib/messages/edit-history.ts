import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import type { Edited, EntryCommon, Format } from '../log/entry.ts';
import { isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';

/** What a message said from `at` (ms) on. */
export type Version = {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
  readonly format: Format;
  readonly mentions: readonly UserId[];
};

/** Of a message that follows a machine there may be thousands. */
const MAX_VERSIONS = 100;

/**
 * All that a message said, the present text last; the newest MAX_VERSIONS of it. Errors: `notFound`, of an erased one too, from the moment that it is erased.
 */
export async function versionsOf(core: Core, at: GroupAccess, seq: number): Promise<Version[]> {
  const folded = await readMessage(core, at.group.id, seq);
  if (isErased(folded)) throw notFound('This message is erased, and so is what it said before.');
  const followUps = await core.store.log.followUps(at.group.id, [{ seq, after: 0 }]);
  const edits = followUps.filter((entry) => entry.kind === 'edit');
  return [folded.message, ...edits].map(versionOf).slice(-MAX_VERSIONS);
}

const versionOf = ({ seq, at, body, format, mentions = [] }: EntryCommon & Pick<Edited, 'body' | 'format' | 'mentions'>): Version => ({
  seq,
  at,
  body,
  format,
  mentions,
});
