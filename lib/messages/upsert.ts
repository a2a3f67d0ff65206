import type { Core } from '../core.ts';
import { DomainError, notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { type FoldedMessage, fold, isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { edit, erase, keyIn, type Post, post } from './operations.ts';

/** `isNew`: this call has posted it; else it was there, and says now what was asked. */
type Upserted = { readonly folded: FoldedMessage; readonly isNew: boolean };

/**
 * The one message that its author keeps under a key in a group: posted by the first call, edited by those after it; the same text again changes nothing.
 * Of several first calls at once one posts and the others edit. Durable when it resolves.
 * Errors: those of `post` and `edit`; `invalid` (key); `gone` once the message is erased: its key is used up.
 */
export async function upsert(core: Core, at: GroupAccess, key: string, input: Pick<Post, 'body' | 'format' | 'as'>): Promise<Upserted> {
  const kept = keyIn('upsert', key);
  const known = await core.store.log.byKey(at.group.id, at.user.id, kept);
  const { message, isNew } = known ? { message: known, isNew: false } : await post(core, at, { ...input, key: kept, sameness: ['upsert'] }); // whatever the others say that come at once, it is the same message
  if (isNew && message.kind === 'message') return { folded: fold(message, []), isNew };
  if (isErased(await readMessage(core, at.group.id, message.seq))) throw gone();
  return { folded: await edit(core, at, message.seq, input.body, input.format), isNew };
}

const gone = (): DomainError =>
  new DomainError('gone', 'The message of this key was erased. Take another key for a new one.', { field: 'key' });

/** The message that the user keeps under a key. Errors: `invalid` (key), `notFound`. */
export async function readByKey(core: Core, at: GroupAccess, key: string): Promise<FoldedMessage> {
  const known = await core.store.log.byKey(at.group.id, at.user.id, keyIn('upsert', key));
  if (!known) throw notFound();
  return readMessage(core, at.group.id, known.seq);
}

/** Erases it; the key is used up for ever. Errors: as `readByKey` and `erase`. */
export async function eraseByKey(core: Core, at: GroupAccess, key: string): Promise<FoldedMessage> {
  return erase(core, at, (await readByKey(core, at, key)).message.seq);
}
