import type { Core } from '../core.ts';
import { conflict } from '../errors.ts';
import { randomToken } from '../ids.ts';

const INVITE_CODE = 'invite-code';

/** The invitation code, created at first use. Undefined unless SIGNUP=code. */
export async function inviteCode(core: Core): Promise<string | undefined> {
  if (core.config.signup !== 'code') return undefined;
  return core.store.settings.putIfAbsent(INVITE_CODE, newCode(core));
}

/** Replaces the invitation code; the old one stops working. Errors: `conflict` unless SIGNUP is `code`. */
export async function renewInviteCode(core: Core): Promise<string> {
  if (core.config.signup !== 'code') throw conflict('There is no invitation code, because SIGNUP is not set to code.');
  const code = newCode(core);
  await core.store.settings.put(INVITE_CODE, code);
  core.securityLog.record({ event: 'invitation_code_renewed' });
  await core.audit.record({ act: 'invitation_code_renewed' });
  return code;
}

const newCode = (core: Core): string => randomToken(core.random, 12);
