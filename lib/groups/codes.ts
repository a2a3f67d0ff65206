import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import { randomId } from '../ids.ts';
import { normaliseCode } from './group.ts';
import type { Group } from './port.ts';
import { isCodeGood } from './rules.ts';

/** For how long from now a code holds (ms), and how many it lets in; null: without end. */
export type CodeLimits = { readonly forMs: number | null; readonly uses: number | null };

const macOf = (core: Core, code: string): string => core.secrets.mac('join-code', normaliseCode(code));

export function newCode(core: Core): Pick<Group, 'codeMac' | 'codeSealed'> {
  const code = randomId(core.random, 12).replace(/(.{4})(?=.)/g, '$1-');
  return { codeMac: macOf(core, code), codeSealed: core.secrets.seal(code) };
}

/** The join code in the clear, for those who manage the group. */
export const joinCode = (core: Core, group: Group): string =>
  core.secrets.open(group.codeSealed) ?? '(sealed with a key that is gone: make a new code)';

/** Replaces the join code; the old one is dead at once. Resolves to the new one. Without limits it lets everybody in for ever. */
export async function replaceCode(core: Core, group: Group, limits: CodeLimits = { forMs: null, uses: null }): Promise<string> {
  const code = newCode(core);
  await update(core, group, { ...code, ...ends(core, limits) });
  return joinCode(core, { ...group, ...code });
}

/** The same code, with other limits from now on. */
export const limitCode = (core: Core, group: Group, limits: CodeLimits): Promise<void> => update(core, group, ends(core, limits));

const ends = (core: Core, { forMs, uses }: CodeLimits) => ({
  codeExpiresAt: forMs === null ? null : core.now() + forMs,
  codeUsesLeft: uses,
});

async function update(core: Core, group: Group, patch: Parameters<Core['store']['groups']['update']>[1]): Promise<void> {
  if ((await core.store.groups.update(group.id, patch)) !== 'done') throw notFound();
}

/** The group of a code, whether or not it still lets anybody in. */
export async function groupOfCode(core: Core, code: string): Promise<Group | undefined> {
  return normaliseCode(code) === '' ? undefined : core.store.groups.byCodeMac(macOf(core, code));
}

/** The same whether the code is wrong, expired, used up or replaced, or the group archived. */
export const badCode = () =>
  invalid('code', 'No group has this code. It may have expired, been used up, or been replaced: ask for a new one.');

/** Whether somebody who has this code may make an account where an invitation is needed for that. */
export async function acceptsCode(core: Core, code: string): Promise<boolean> {
  const group = await groupOfCode(core, code);
  return group !== undefined && isCodeGood(group, core.now());
}
