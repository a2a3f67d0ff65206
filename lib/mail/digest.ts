import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { asUserId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';

/** Turns the digest of a person on or off. It begins with what is posted from now on. Errors: `invalid` (digest) without an address. */
export async function setDigest(core: Core, user: UserId, digest: boolean): Promise<void> {
  const at = core.now();
  if (!(await core.store.addresses.setDigest(user, digest, { due: at, upTo: at })) && digest)
    throw invalid('digest', t`Confirm an address first.`);
}

/** The token of the link that ends the digests of a person: it is valid as long as the keys are, and does nothing else. */
export const unsubscribeToken = ({ secrets }: Pick<Core, 'secrets'>, user: UserId): string =>
  `${user}.${secrets.sign('unsubscribe', user)}`;

/** Undefined for a token that is not one of ours. */
export function personOfToken({ secrets }: Pick<Core, 'secrets'>, token: string): UserId | undefined {
  const [user = '', signature = ''] = token.split('.');
  return secrets.isSigned('unsubscribe', user, signature) ? asUserId(user) : undefined;
}
