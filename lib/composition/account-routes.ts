import { addressRoutes } from '../accounts/mail/address-routes.ts';
import { mailLinkRoutes } from '../accounts/mail/link-routes.ts';
import { authorizeRoutes } from '../accounts/oauth/authorize-routes.ts';
import { oauthTokenRoutes } from '../accounts/oauth/token-routes.ts';
import { preferencesRoutes } from '../accounts/preferences-routes.ts';
import { providerRoutes } from '../accounts/provider/routes.ts';
import { accountRoutes } from '../accounts/routes.ts';
import { secondFactorLogInRoutes } from '../accounts/second-factor/log-in-routes.ts';
import { passkeyRoutes } from '../accounts/second-factor/passkey-routes.ts';
import { secondFactorRoutes } from '../accounts/second-factor/routes.ts';
import { accountSettingsRoutes } from '../accounts/settings-routes.ts';
import { type RouteFile, routeFile } from '../http/route-table.ts';
import { accountHooks, providerHooks, settingsHooks, settleIn } from './route-hooks.ts';

/** The part of EARLY_ROUTES (lib/routes.ts) about accounts. */
export const EARLY_ACCOUNT_ROUTES: readonly RouteFile[] = [
  routeFile('accounts/oauth/token-routes.ts', oauthTokenRoutes, [
    'GET,OPTIONS /.well-known/oauth-protected-resource{/*of}',
    'GET,OPTIONS /.well-known/oauth-authorization-server{/*of}',
    'POST,OPTIONS /oauth/token',
    'POST,OPTIONS /oauth/revoke',
    'POST,OPTIONS /oauth/register',
  ]),
];

/** The part of LATE_ROUTES about accounts. */
export const LATE_ACCOUNT_ROUTES: readonly RouteFile[] = [
  routeFile('accounts/routes.ts', (deps) => accountRoutes(deps, accountHooks(deps)), [
    'GET /',
    'GET /signup',
    'GET /login',
    'POST /signup',
    'POST /login',
    'GET,POST /logout',
    'GET /me',
  ]),
  routeFile('accounts/settings-routes.ts', (deps) => accountSettingsRoutes(deps, settingsHooks(deps.core)), [
    'GET /settings',
    'POST /settings/password',
    'POST /settings/logout-everywhere',
    'POST /settings/sessions/:id/end',
    'POST /settings/logout-others',
    'POST /settings/tokens',
    'POST /settings/tokens/:id/revoke',
  ]),
  routeFile('accounts/preferences-routes.ts', preferencesRoutes, ['GET,POST /settings/appearance']),
  routeFile('accounts/provider/routes.ts', (deps) => providerRoutes(deps, providerHooks(deps.core)), [
    'GET /login/oidc',
    'GET /login/oidc/callback',
    'POST /login/oidc/logout',
    'POST /settings/oidc',
  ]),
  routeFile('accounts/oauth/authorize-routes.ts', authorizeRoutes, ['GET,POST /oauth/authorize', 'POST /settings/programs/:id/disconnect']),
  routeFile('accounts/second-factor/log-in-routes.ts', secondFactorLogInRoutes, ['GET,POST /login/second-factor']),
  routeFile('accounts/second-factor/passkey-routes.ts', passkeyRoutes, [
    'POST /settings/passkeys/options',
    'POST /login/passkey/options',
    'POST /login/passkey',
  ]),
  routeFile('accounts/second-factor/routes.ts', secondFactorRoutes, ['GET,POST /settings/second-factor']),
  routeFile('accounts/mail/address-routes.ts', addressRoutes, ['GET,POST /settings/email', 'GET,POST /confirm-address/:token']),
  routeFile('accounts/mail/link-routes.ts', (deps) => mailLinkRoutes(deps, (user) => settleIn(deps.core, user)), [
    'GET,POST /forgot-password',
    'GET,POST /reset-password/:token',
    'GET,POST /invited/:token',
  ]),
];
