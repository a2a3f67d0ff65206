import type { Token } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { invalid } from '../../errors.ts';
import { secretOf } from '../signing.ts';

const MAX_SECRETS = 5;

/** The secrets that deliveries to a webhook may be signed with, newest first, as they are stored; undefined for none. Errors: `invalid` (secret). */
export function sealSecrets(core: Core, secrets: readonly string[]): string | undefined {
  if (secrets.length > MAX_SECRETS) throw invalid('secret', `A webhook has ${MAX_SECRETS} secrets at most.`);
  if (secrets.some((secret) => !/^[\x21-\x7e]{16,200}$/.test(secret)))
    throw invalid('secret', 'A secret has 16 to 200 characters, all of them visible ASCII.');
  return secrets.length === 0 ? undefined : core.secrets.seal(JSON.stringify(secrets));
}

/** What `sealSecrets` sealed. Throws when no key opens it: a webhook must not lose its lock with a key of the server. */
export function openedSecrets(core: Core, { secrets }: Pick<Token, 'secrets'>): readonly string[] {
  if (secrets === undefined) return [];
  const text = core.secrets.open(secrets);
  if (text === undefined) throw new Error('the secrets of a webhook cannot be opened: is a key of SECRET_KEYS missing?');
  return JSON.parse(text) as string[];
}

/** A secret for a webhook, to be given to whoever signs. */
export const newHookSecret = (core: Core): string => secretOf(core.random(32));
