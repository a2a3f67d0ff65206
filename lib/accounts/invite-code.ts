import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
import { randomToken } from '../ids.ts';

const INVITE_CODE = 'invite-code';

/** With SIGNUP=code, the code that new people need; made once. */
export async function inviteCode(core: Core): Promise<string | undefined> {
  if (core.config.signup !== 'code') return undefined;
  return core.store.settings.putIfAbsent(INVITE_CODE, newCode(core));
}

/** Replaces that code; the one before admits nobody any more. Errors: `conflict` unless SIGNUP is `code`. */
export async function renewInviteCode(core: Core): Promise<string> {
  if (core.config.signup !== 'code') throw conflict('There is no invitation code: SIGNUP is not set to code.');
  const code = newCode(core);
  await core.store.settings.put(INVITE_CODE, code);
  return code;
}

const newCode = (core: Core): string => randomToken(core.random, 12);
