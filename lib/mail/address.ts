import type { Core } from '../core.ts';
import { invalid, tooMany } from '../errors.ts';
import { t } from '../language/text.ts';

/** RFC 5321, section 4.5.3.1. */
const MAX_LENGTH = 254;
/** What people have: no quotes, comments or addresses without a domain (RFC 5322 admits more). */
const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u;

/** The address as typed, trimmed. Errors: `invalid` (address). */
export function parseAddress(text: string): string {
  const address = text.normalize('NFC').trim();
  if (address.length > MAX_LENGTH) throw invalid('address', t`The address is too long: ${MAX_LENGTH} characters at most.`);
  if (!ADDRESS.test(address)) throw invalid('address', t`This is no e-mail address. It must look like ann@example.org.`);
  return address;
}

/** The keyed hash by which an address is found, whatever its case. */
export const addressMac = ({ secrets }: Pick<Core, 'secrets'>, address: string): string =>
  secrets.mac('mail-address', address.toLowerCase());

/** Mails that people cause to one address, whether it is anybody's or not. */
const PER_ADDRESS = { perSecond: 1 / 1200, burst: 5 };

/** Counts a mail to an address. Errors: `tooMany`. */
export async function checkAddressRate(core: Core, address: string): Promise<void> {
  const waitMs = await core.rateLimiter.takeShared(`mail:${addressMac(core, address)}`, PER_ADDRESS.perSecond, PER_ADDRESS.burst);
  if (waitMs > 0) throw tooMany(t`This address has been sent several mails already. Try again in 20 minutes.`, waitMs);
}
