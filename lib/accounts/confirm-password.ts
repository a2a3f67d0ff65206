import type { Core } from '../core.ts';
import { invalid, tooMany } from '../errors.ts';
import { t } from '../language/text.ts';
import type { User } from './port.ts';
import { FAILURES } from './throttle.ts';

/** Checks the password of somebody who is logged in, before a change of how the account is protected. `when`: for the record of a failure. Errors: `invalid` (current), `tooMany`. */
export async function confirmPassword(core: Core, user: User, typed: string, when: string): Promise<void> {
  const waitMs = await core.rateLimiter.takeShared(`password:${user.id}`, FAILURES.address.perSecond, FAILURES.address.burst);
  if (waitMs > 0) throw tooMany(t`Too many attempts. Try again in a moment.`, waitMs);
  if (await core.passwords.verify(typed, user.passwordHash, 'known')) return;
  core.securityLog.record({ event: 'login_failed', user: user.id, detail: `wrong current password, ${when}` });
  throw invalid('current', t`Current password is wrong.`);
}
