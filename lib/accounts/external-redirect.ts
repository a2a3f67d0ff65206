import type { Context } from 'koa';
import type { Config } from '../config.ts';
import { siteUrlOf } from '../http/context.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { sessionIdToken, sessionProxyName } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import type { Provider } from './provider/provider.ts';

/** A page that leads to another site, by itself and by a link. `url`: null when there is nowhere to go on to. */
type ExternalRedirect = { readonly title: string; readonly text: string; readonly url: string | null; readonly label: string };

/** Shows a page in place of a redirect: the Content-Security-Policy admits no form whose answer redirects to another site. */
export function showExternalRedirect(ctx: Context, { views }: RouteContext, { title, ...locals }: ExternalRedirect): void {
  noStore(ctx);
  renderPage(ctx, views, 'accounts/external-redirect.njk', title, locals);
}

/** After the log-out of somebody whom the proxy has logged in. */
const proxyLogOut = ({ authProxyLogoutUrl: url }: Pick<Config, 'authProxyLogoutUrl'>): ExternalRedirect => ({
  title: t`Logged out`,
  text: url
    ? t`You are logged out here. Log out of your organisation’s log-in too, or the next page logs you in again.`
    : t`You are logged out here. Your organisation’s log-in goes on: the next page logs you in again.`,
  url: url ?? null,
  label: t`Log out there`,
});

/** Where somebody logs out who has logged in elsewhere; undefined for others, and when the provider does not answer. Call it before the session ends. */
export async function logOutElsewhere(
  ctx: Context,
  { core }: RouteContext,
  provider: Provider | undefined,
): Promise<ExternalRedirect | undefined> {
  if (sessionProxyName(ctx) !== undefined) return proxyLogOut(core.config);
  const sealed = sessionIdToken(ctx);
  const idToken = sealed === undefined ? undefined : core.secrets.open(sealed);
  const url =
    idToken === undefined ? undefined : await provider?.logOutUrl(idToken, `${siteUrlOf(ctx, core.config)}/`).catch(() => undefined);
  if (url === undefined) return undefined;
  const name = core.config.oidcName;
  return {
    title: t`Logged out`,
    text: t`You are logged out here. Your log-in at ${name} ends on the next page.`,
    url,
    label: t`Log out at ${name}`,
  };
}
