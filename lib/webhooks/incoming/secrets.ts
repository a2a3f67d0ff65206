import type { Token } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { invalid } from '../../errors.ts';
import { t } from '../../language/text.ts';
import { secretOf } from '../signing.ts';

const MAX_SECRETS = 5;

/** Encrypts the secrets that deliveries to a webhook may be signed with, newest first; undefined for none. Errors: `invalid` (secret). */
export function sealSecrets(core: Core, secrets: readonly string[]): string | undefined {
  if (secrets.length > MAX_SECRETS) throw invalid('secret', t`A webhook can have at most ${MAX_SECRETS} secrets.`);
  if (secrets.some((secret) => !/^[\x21-\x7e]{16,200}$/.test(secret)))
    throw invalid('secret', t`A secret must have 16 to 200 visible ASCII characters.`);
  return secrets.length === 0 ? undefined : core.secrets.seal(JSON.stringify(secrets));
}

/** Decrypts the result of `sealSecrets`. Throws when no key decrypts it: the webhook must not accept unsigned requests because a server key is missing. */
export function openedSecrets(core: Core, { secrets }: Pick<Token, 'secrets'>): readonly string[] {
  if (secrets === undefined) return [];
  const text = core.secrets.open(secrets);
  if (text === undefined) throw new Error('the secrets of a webhook cannot be decrypted: is a key of SECRET_KEYS missing?');
  return JSON.parse(text) as string[];
}

/** Generates a secret for a webhook. */
export const newHookSecret = (core: Core): string => secretOf(core.random(32));
