import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import type { Edited, EntryCommon, Format } from '../log/entry.ts';
import { isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';

/** The text of a message from `at` (ms) on. */
export type Version = {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
  readonly format: Format;
  readonly mentions: readonly UserId[];
};

/** A message that a program keeps up to date may have thousands. */
const MAX_VERSIONS = 100;

/**
 * The newest MAX_VERSIONS versions of a message, oldest first; the last one is the current text. Errors: `notFound`, also for an erased message.
 */
export async function versionsOf(core: Core, at: GroupAccess, seq: number): Promise<Version[]> {
  const folded = await readMessage(core, at.group.id, seq);
  if (isErased(folded)) throw notFound('This message and its earlier versions are erased.');
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
