import type { Core } from '../core.ts';
import { DomainError, forbidden } from '../errors.ts';
import { attach, attached, claim, discard, isUncertain, type Stored } from '../files/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { newUid } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Edited, Folded } from '../log/entry.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { follow } from './edits/follow.ts';
import { keyIn, type Post, type Posted, post } from './operations.ts';
import { mayEdit } from './rules.ts';

/**
 * Posts a message with files that storeFile has stored. Attaches the files to the message; removes them when the post is refused or was a repetition.
 * When it is unknown whether the message was posted, the files stay, and the sweep decides later.
 * Errors: those of `post`; `conflict` when a file is gone.
 */
export async function postWithFiles(core: Core, at: GroupAccess, input: Omit<Post, 'files'>, files: readonly Stored[]): Promise<Posted> {
  if (files.length === 0) return post(core, at, input);
  const key = input.key ?? keyIn('attachment', newUid(core.random)); // with which the sweep finds the message of a file
  try {
    await claim(core, files, key);
    const posted = await post(core, at, { ...input, key, files });
    if (posted.isNew) await attach(core, files, posted.message.seq);
    else await discard(core, files);
    return posted;
  } catch (error) {
    if (!isUncertain(error)) await discard(core, files);
    throw error;
  }
}

/**
 * Replaces the files of a message with files that were stored for it, and keeps its text. The old ones are removed when the message is erased.
 * Errors: those of `edit`; `conflict` when a file is gone, or the text was edited at the same time.
 */
export async function replaceFiles(core: Core, at: GroupAccess, target: number, files: readonly Stored[]): Promise<FoldedMessage> {
  const key = keyIn('attachment', newUid(core.random)); // the sweep finds the message of a file by it
  try {
    const { state } = await readMessage(core, at.group.id, target);
    await claim(core, files, key);
    const folded = await follow(core, at, editOf(target, state, files), (now, current) => mayReplace(now, current, state), { key });
    await attach(core, files, target);
    return folded;
  } catch (error) {
    if (!isUncertain(error)) await discard(core, files);
    throw error;
  }
}

const editOf = (target: number, { body, format, mentions }: Folded, files: readonly Stored[]): Edited => ({
  ...{ kind: 'edit', target, body, format, attachments: files.map(attached) },
  ...(mentions ? { mentions } : {}),
});

function mayReplace(at: GroupAccess, current: FoldedMessage, { body }: Folded): true {
  if (!mayEdit(at, current)) throw forbidden(t`Only the author can edit a message, and only until it is erased.`);
  if (current.state.body !== body) throw new DomainError('conflict', t`The text was edited at the same time. Try again.`);
  return true;
}
