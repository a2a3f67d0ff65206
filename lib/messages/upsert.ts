import type { Core } from '../core.ts';
import { DomainError, notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { type FoldedMessage, fold, isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { editMessage } from './actions/operations.ts';
import { erase, keyIn, type Post, post } from './operations.ts';

/** `isNew`: this call posted it; otherwise it edited the existing message. */
type Upserted = { readonly folded: FoldedMessage; readonly isNew: boolean };

/** `quiet`: of the edit. */
type Upsert = Pick<Post, 'body' | 'format' | 'as' | 'actions'> & { readonly quiet?: boolean };

/**
 * Posts or edits the message of the author with this key: the first call posts it, later calls edit it. Idempotent for the same text and actions.
 * Of concurrent first calls one posts and the others edit. Durable when it resolves.
 * Errors: those of `post` and `edit`; `invalid` (key); `gone` after the message was erased: its key cannot be used again.
 */
export async function upsert(core: Core, at: GroupAccess, key: string, { quiet = false, ...input }: Upsert): Promise<Upserted> {
  const storedKey = keyIn('upsert', key);
  const known = await core.store.log.byKey(at.group.id, at.user.id, storedKey);
  const { message, isNew } = known
    ? { message: known, isNew: false }
    : await post(core, at, { ...input, key: storedKey, sameness: ['upsert'] }); // concurrent calls with other texts are the same message
  if (isNew && message.kind === 'message') return { folded: fold(message, []), isNew };
  if (isErased(await readMessage(core, at.group.id, message.seq))) throw gone();
  const { body: text, format, actions } = input;
  return { folded: await editMessage(core, at, message.seq, { text, format, quiet, actions }), isNew };
}

const gone = (): DomainError =>
  new DomainError('gone', 'The message with this key was erased. Use another key for a new message.', { field: 'key' });

/** The message of the user with this key. Errors: `invalid` (key), `notFound`. */
export async function readByKey(core: Core, at: GroupAccess, key: string): Promise<FoldedMessage> {
  const known = await core.store.log.byKey(at.group.id, at.user.id, keyIn('upsert', key));
  if (!known) throw notFound();
  return readMessage(core, at.group.id, known.seq);
}

/** Erases it; the key cannot be used again. Errors: those of `readByKey` and `erase`. */
export async function eraseByKey(core: Core, at: GroupAccess, key: string): Promise<FoldedMessage> {
  return erase(core, at, (await readByKey(core, at, key)).message.seq);
}
