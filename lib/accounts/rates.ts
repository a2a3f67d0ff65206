import type { Core } from '../core.ts';
import { DomainError, tooMany } from '../errors.ts';
import { plural, t } from '../language/text.ts';
import type { User } from './port.ts';

/** A limit on what one account does: so many at once, and so many an hour after that. */
type Rate = { readonly what: () => string; readonly perHour: number; readonly burst: number };

/** The limits on requests of one account, over all processes. docs/limits.md lists them. */
export const ACCOUNT_RATES = {
  groups: { what: () => t`new groups`, perHour: 10, burst: 20 },
  direct: { what: () => t`direct messages opened`, perHour: 60, burst: 60 },
  settings: { what: () => t`changes of group settings`, perHour: 60, burst: 40 },
  members: { what: () => t`changes of members`, perHour: 300, burst: 200 },
  tokens: { what: () => t`new tokens`, perHour: 10, burst: 20 },
  reports: { what: () => t`reports`, perHour: 20, burst: 10 },
  profile: { what: () => t`changes of your profile`, perHour: 60, burst: 30 },
  mails: { what: () => t`mails`, perHour: 10, burst: 10 },
  scheduled: { what: () => t`scheduled messages`, perHour: 300, burst: 100 },
  bots: { what: () => t`changes of bots`, perHour: 60, burst: 60 },
} as const satisfies Record<string, Rate>;

/** The API tokens of one account. */
export const MAX_TOKENS = 100;
/** The bots of one group. */
export const MAX_BOTS = 50;

/** Counts a request of an account towards a limit. Administrators have none, nor has the command line. Errors: `tooMany`. */
export async function checkAccountRate(core: Core, user: User, name: keyof typeof ACCOUNT_RATES): Promise<void> {
  if (user.admin) return;
  const { what, perHour, burst } = ACCOUNT_RATES[name];
  const waitMs = await core.rateLimiter.takeShared(`${name}:${user.id}`, perHour / 3600, burst);
  if (waitMs > 0) throw tooMany(t`Too many ${what()}: ${perHour} an hour at most. Try again in ${inWords(waitMs)}.`, waitMs);
}

/** Refuses one more of what an account or a group may have `most` of. Errors: `invalid`. */
export function checkTotal(user: User, present: number, most: number, refusal: string): void {
  if (!user.admin && present >= most) throw new DomainError('invalid', refusal, { field: 'name' });
}

/** Whether an account may create one more API token. Errors: `tooMany`, `invalid`. */
export async function checkNewToken(core: Core, user: User): Promise<void> {
  await checkAccountRate(core, user, 'tokens');
  const { length } = await core.store.tokens.listOf(user.id);
  checkTotal(user, length, MAX_TOKENS, t`You have ${MAX_TOKENS} tokens, which is the limit. Revoke one first.`);
}

const inWords = (ms: number): string => plural(Math.ceil(ms / 60_000), 'minute');
