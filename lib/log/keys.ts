import { DomainError } from '../errors.ts';

/** Maximum length of an idempotency key, in characters. */
export const MAX_KEY_LENGTH = 255;

/** Separate key spaces: the nonce of a form, the Idempotency-Key of a client and a webhook-id never collide. `i:` is that of imports; `s:` of system messages, whose keys have a second colon, and of scheduled messages, whose keys have none. */
export type KeySpace = 'form' | 'client' | 'hook' | 'upsert' | 'attachment' | 'reply' | 'draft';

/** The key with the prefix of its space. Errors: `invalid` (key). */
export function keyIn(space: KeySpace, key: string): string {
  if (key === '' || key.length > MAX_KEY_LENGTH)
    throw new DomainError('invalid', `Idempotency key must have 1 to ${MAX_KEY_LENGTH} characters.`, { field: 'key' });
  return `${space[0]}:${key}`;
}
