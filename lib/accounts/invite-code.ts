import type { Core } from '../core.ts';
import { conflict, invalid } from '../errors.ts';
import { randomToken } from '../ids.ts';
import { t } from '../language/text.ts';
import { signUpMode } from './sign-up-mode.ts';

const INVITE_CODE = 'invite-code';

/** The invitation code, created at first use. Undefined unless people sign up by code. */
export async function inviteCode(core: Core): Promise<string | undefined> {
  if ((await signUpMode(core)) !== 'code') return undefined;
  return core.store.settings.putIfAbsent(INVITE_CODE, newCode(core));
}

/** Replaces the invitation code; the old one stops working. `chosen`: the new one; absent: a random one. Errors: `conflict` unless people sign up by code, `invalid` (code). */
export async function renewInviteCode(core: Core, chosen?: string): Promise<string> {
  if ((await signUpMode(core)) !== 'code') throw conflict(t`There is no invitation code, because people do not sign up by code.`);
  const code = chosen === undefined ? newCode(core) : parseCode(chosen);
  await core.store.settings.put(INVITE_CODE, code);
  core.securityLog.record({ event: 'invitation_code_renewed' });
  await core.audit.record({ act: 'invitation_code_renewed' });
  return code;
}

/** Throws `invalid` (code). */
function parseCode(text: string): string {
  const code = text.trim();
  if (!/^[\x21-\x7e]{8,64}$/.test(code)) throw invalid('code', t`A code has 8 to 64 characters: letters, digits and signs without spaces.`);
  return code;
}

const newCode = (core: Core): string => randomToken(core.random, 12);
