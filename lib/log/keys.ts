import { DomainError } from '../errors.ts';

/** Characters of an idempotency key. */
export const MAX_KEY_LENGTH = 255;

/** Key spaces, so that a form's nonce, a client's Idempotency-Key and a webhook-id can never stand for each other. */
export type KeySpace = 'form' | 'client' | 'hook' | 'upsert' | 'attachment' | 'reply';

/** Errors: DomainError `invalid` (key). */
export function keyIn(space: KeySpace, key: string): string {
  if (key === '' || key.length > MAX_KEY_LENGTH)
    throw new DomainError('invalid', `Idempotency key must have 1 to ${MAX_KEY_LENGTH} characters.`, { field: 'key' });
  return `${space[0]}:${key}`;
}
