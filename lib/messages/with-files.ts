import type { Core } from '../core.ts';
import { attach, claim, discard, isUncertain, type Stored } from '../files/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { newUid } from '../ids.ts';
import { keyIn, type Post, type Posted, post } from './operations.ts';

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
