import type { Token } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { notFound } from '../../errors.ts';
import { standing } from '../../groups/operations.ts';
import type { Standing } from '../../groups/rules.ts';
import { sha256, stillHolds } from '../../secrets.ts';

/** How a delivery comes: the token in its URL, and whether that URL is one of Discord's. */
export type Door = { readonly token: string; readonly isDiscord: boolean };

/** A webhook that stands: its bot, as it stands to its group. */
export type Hook = { readonly token: Token; readonly at: Standing };

/** Whose hook it is and where it leads. Errors: `notFound` for anything that does not stand: the token, the bot, its membership. */
export async function openHook(core: Core, door: Door | undefined): Promise<Hook> {
  const text = door?.token ?? '';
  const token = /^[A-Za-z0-9]{32,128}$/.test(text) ? await core.recent.tokens.byHash(sha256(text)) : undefined;
  if (token?.kind !== 'hook' || token.group === null || !stillHolds(token, core.now())) throw notFound();
  const [user, group] = await Promise.all([core.recent.users.byId(token.user), core.recent.groups.byId(token.group)]);
  if (!user || user.disabled || !group) throw notFound();
  return { token, at: await standing(core, user, group, core.recent) };
}
