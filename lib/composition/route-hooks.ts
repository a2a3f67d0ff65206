import type { User } from '../accounts/port.ts';
import type { ProviderHooks } from '../accounts/provider/routes.ts';
import type { AccountHooks } from '../accounts/routes.ts';
import type { SettingsHooks } from '../accounts/settings-routes.ts';
import { withTitle } from '../groups/direct.ts';
import { showInvitationAgain } from '../groups/invite-routes.ts';
import { admitByCode, joinFirstGroup } from '../groups/joining.ts';
import { finishFirstAccount } from '../groups/operations.ts';
import { followGroups } from '../groups/provider-groups.ts';
import type { RouteContext } from '../http/route-context.ts';
import { pushSettings } from '../push/presenter.ts';

/** Leads a new account that did not come by the sign-up page into the group for new accounts. */
export async function settleIn(core: RouteContext['core'], user: User): Promise<void> {
  await finishFirstAccount(core);
  await joinFirstGroup(core, user, undefined);
}

/** What accounts/ needs from groups/. */
export const accountHooks = (deps: RouteContext, core = deps.core): AccountHooks => ({
  admit: (code) => admitByCode(core, code),
  afterSignUp: () => finishFirstAccount(core),
  joinFirst: (user, invitation) => joinFirstGroup(core, user, invitation),
  showInvitation: (ctx, path, forms) => showInvitationAgain(ctx, deps, path, forms),
  titled: (viewer, group) => withTitle(core, viewer, group),
});

/** What the settings need from push/. */
export const settingsHooks = (core: RouteContext['core']): SettingsHooks => ({
  pushSettings: (user, session) => pushSettings(core, user, session),
});

/** What log-in by a provider needs from groups/. */
export const providerHooks = (core: RouteContext['core']): ProviderHooks => ({
  afterSignUp: (user) => settleIn(core, user),
  followGroups: (user, groups) => followGroups(core, user, groups),
});
