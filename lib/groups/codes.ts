import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import { randomId } from '../ids.ts';
import { t } from '../language/text.ts';
import { normaliseCode } from './group.ts';
import type { Group } from './port.ts';

/** Validity of a code from now on (ms), and maximum number of uses; null: unlimited. */
export type CodeLimits = { readonly forMs: number | null; readonly uses: number | null };

const macOf = (core: Core, code: string): string => core.secrets.mac('join-code', normaliseCode(code));

export function newCode(core: Core): Pick<Group, 'codeMac' | 'codeSealed'> {
  const code = randomId(core.random, 12).replace(/(.{4})(?=.)/g, '$1-');
  return { codeMac: macOf(core, code), codeSealed: core.secrets.seal(code) };
}

/** The join code in plain text, for moderators. */
export const joinCode = (core: Core, group: Group): string =>
  core.secrets.open(group.codeSealed) ?? '(encrypted with a key that is no longer configured: create a new code)';

/** Replaces the join code; the old one is invalid at once. Resolves to the new one. Default: no expiry, unlimited uses. */
export async function replaceCode(core: Core, group: Group, limits: CodeLimits = { forMs: null, uses: null }): Promise<string> {
  const code = newCode(core);
  await update(core, group, { ...code, ...limitFields(core, limits) });
  core.securityLog.record({ event: 'join_code_renewed', detail: group.name });
  return joinCode(core, { ...group, ...code });
}

/** Replaces the limits of the code. */
export const limitCode = (core: Core, group: Group, limits: CodeLimits): Promise<void> => update(core, group, limitFields(core, limits));

const limitFields = (core: Core, { forMs, uses }: CodeLimits) => ({
  codeExpiresAt: forMs === null ? null : core.now() + forMs,
  codeUsesLeft: uses,
});

async function update(core: Core, group: Group, patch: Parameters<Core['store']['groups']['update']>[1]): Promise<void> {
  if ((await core.store.groups.update(group.id, patch)) !== 'done') throw notFound();
}

/** The group of a code, also when the code is no longer valid. */
export async function groupOfCode(core: Core, code: string): Promise<Group | undefined> {
  return normaliseCode(code) === '' ? undefined : core.store.groups.byCodeMac(macOf(core, code));
}

/** One error for codes that are wrong, expired, used up or replaced, and for archived groups. */
export const badCode = () =>
  invalid('code', t`No group has this code. It may have expired, been used up, or been replaced: ask for a new one.`);
