import type { Config } from '../config.ts';
import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
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
