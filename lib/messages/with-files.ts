import type { Core } from '../core.ts';
import { attach, claim, discard, isUncertain, type Stored } from '../files/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { newUid } from '../ids.ts';
import { keyIn, type Post, type Posted, post } from './operations.ts';

/**
 * Posts a message with files that were stored for it (storeFile), and sees to what becomes of these: they belong to the message, or are removed when it is
 * refused, or was posted before. Where nobody knows whether it was posted, they stay until that is known: the sweep looks.
 * Errors: those of `post`; `conflict` when a file is gone.
 */
export async function postWithFiles(core: Core, at: GroupAccess, input: Omit<Post, 'files'>, files: readonly Stored[]): Promise<Posted> {
  if (files.length === 0) return post(core, at, input);
  const key = input.key ?? keyIn('attachment', newUid(core.random)); // by which the message is found from the file
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
