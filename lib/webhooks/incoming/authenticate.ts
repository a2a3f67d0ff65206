import type { Token } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { notFound } from '../../errors.ts';
import { groupAccess } from '../../groups/operations.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { sha256, stillHolds } from '../../secrets.ts';

/** How a delivery comes: the token in its URL, and whether that URL is one of Discord's. */
export type HookAddress = { readonly token: string; readonly isDiscord: boolean };

/** A webhook that stands: its bot, as it stands to its group. */
export type IncomingWebhook = { readonly token: Token; readonly at: GroupAccess };

/** Whose hook it is and where it leads. Errors: `notFound` for anything that does not stand: the token, the bot, its membership. */
export async function authenticateHook(core: Core, door: HookAddress | undefined): Promise<IncomingWebhook> {
  const text = door?.token ?? '';
  const token = /^[A-Za-z0-9]{32,128}$/.test(text) ? await core.lookupCache.tokens.byHash(sha256(text)) : undefined;
  if (token?.kind !== 'hook' || token.group === null || !stillHolds(token, core.now())) throw notFound();
  const [user, group] = await Promise.all([core.lookupCache.users.byId(token.user), core.lookupCache.groups.byId(token.group)]);
  if (!user || user.disabled || !group) throw notFound();
  return { token, at: await groupAccess(core, user, group, core.lookupCache) };
}
