import type { Token } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import { notFound } from '../../errors.ts';
import { groupAccess } from '../../groups/operations.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { isTokenValid, sha256 } from '../../secrets.ts';

/** The token in the URL of a delivery, and whether the URL has Discord's form. */
export type HookAddress = { readonly token: string; readonly isDiscord: boolean };

/** A valid webhook: its token, and its bot's access to its group. */
export type IncomingWebhook = { readonly token: Token; readonly at: GroupAccess };

/** Authenticates a delivery by the token in its URL. Errors: `notFound` when the token, the bot or its membership is not valid. */
export async function authenticateHook(core: Core, address: HookAddress | undefined): Promise<IncomingWebhook> {
  const text = address?.token ?? '';
  const token = /^[A-Za-z0-9]{32,128}$/.test(text) ? await core.lookupCache.tokens.byHash(sha256(text)) : undefined;
  if (token?.kind !== 'hook' || token.group === null || !isTokenValid(token, core.now())) throw notFound();
  const [user, group] = await Promise.all([core.lookupCache.users.byId(token.user), core.lookupCache.groups.byId(token.group)]);
  if (!user || user.disabled || !group) throw notFound();
  return { token, at: await groupAccess(core, user, group, core.lookupCache) };
}
