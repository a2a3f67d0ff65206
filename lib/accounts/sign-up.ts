import type { Core } from '../core.ts';
import { forbidden, invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { sameText } from '../secrets.ts';
import { inviteCode } from './invite-code.ts';
import { createAccount } from './operations.ts';
import type { User } from './port.ts';
import { isEmpty, SETUP_CODE, signUpMode } from './sign-up-mode.ts';

/** `invitation`: the code of the invitation page on which the person signs up. */
type SignUp = {
  readonly name: string;
  readonly password: string;
  readonly code?: string | undefined;
  readonly invitation?: string | undefined;
};

/** One use of a code, taken for a sign-up: `accept` when there is an account (it never rejects), `cancel` to return the use when there will be none. */
export type Admission = { readonly accept: (user: User) => Promise<void>; readonly cancel: () => Promise<void> };

/** Takes one use of a code; undefined when it has none left or is not valid. */
export type Admit = (code: string) => Promise<Admission | undefined>;

/**
 * Creates an account for a person. Errors: `invalid` (name, password, code), `conflict` (name taken), `forbidden` (sign-up is closed), `tooMany`.
 * The first account becomes administrator; of several concurrent ones exactly one does. `admit`: takes a use of another code than the invitation
 * code, or of the invitation. It is taken before the account is created, so that concurrent sign-ups create no more accounts than the code has
 * uses; a process that dies in between loses the use. An invitation that has just become invalid does not prevent an open sign-up.
 */
export async function signUp(core: Core, input: SignUp, admit: Admit = async () => undefined): Promise<User> {
  const admission = await admissionOf(core, input, admit);
  try {
    const user = await createAccount(core, { name: input.name, password: input.password });
    await admission?.accept(user);
    return user;
  } catch (error) {
    await admission?.cancel();
    throw error;
  }
}

/** Undefined when sign-up is allowed without a use of a code. */
async function admissionOf(core: Core, { code, invitation }: SignUp, admit: Admit): Promise<Admission | undefined> {
  const isFirst = await isEmpty(core);
  if (!isFirst && (await signUpMode(core)) === 'closed') throw forbidden(t`Sign-up is closed. Ask an administrator for an account.`);
  const wanted = isFirst ? await core.store.settings.get(SETUP_CODE) : await inviteCode(core);
  if (wanted === undefined || sameText(wanted, (code ?? '').trim()))
    return isFirst || invitation === undefined ? undefined : admit(invitation);
  const admission = isFirst ? undefined : await admit(code ?? '');
  if (admission) return admission;
  throw invalid(
    'code',
    isFirst ? t`Set-up code is missing or wrong: the server printed it when it started.` : t`Invitation code is missing or wrong.`,
  );
}
