import type { Config } from '../config.ts';
import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
import { randomToken } from '../ids.ts';
import { t } from '../language/text.ts';

/** Who may sign up: everybody, those who have a code, or nobody. */
export type SignUpMode = NonNullable<Config['signup']>;

export const SIGN_UP_MODES = ['open', 'code', 'closed'] as const satisfies readonly SignUpMode[];
const KEY = 'signup';

const isMode = (text: string | undefined): text is SignUpMode => SIGN_UP_MODES.some((mode) => mode === text);

/** SIGNUP, else what administrators have chosen, else `open`. */
export async function signUpMode({ config, store }: Pick<Core, 'config' | 'store'>): Promise<SignUpMode> {
  if (config.signup !== undefined) return config.signup;
  const chosen = await store.settings.get(KEY);
  return isMode(chosen) ? chosen : 'open';
}

/** Chooses who may sign up from now on. Errors: `conflict` when SIGNUP is set, which wins. */
export async function setSignUpMode(core: Core, mode: SignUpMode): Promise<void> {
  if (core.config.signup !== undefined) throw conflict(t`SIGNUP is set in the environment of the server, which wins.`, 'signup');
  await core.store.settings.put(KEY, mode);
  await core.audit.record({ act: 'signup_changed', detail: mode });
}

/** Settings keys of the first account: the id of its user, and the set-up code if one is required. */
export const FIRST_ACCOUNT = 'first-account';
export const SETUP_CODE = 'setup-code';

/** Whether there is no account yet. */
export const isEmpty = async (core: Core): Promise<boolean> => (await core.store.settings.get(FIRST_ACCOUNT)) === undefined;

/** Creates the one-time set-up code. The first sign-up needs it when the server is reachable from other machines. */
export const setupCode = (core: Core): Promise<string> => core.store.settings.putIfAbsent(SETUP_CODE, randomToken(core.random, 12));

/** Whether the first sign-up needs the set-up code. */
export const hasSetupCode = async (core: Core): Promise<boolean> => (await core.store.settings.get(SETUP_CODE)) !== undefined;
