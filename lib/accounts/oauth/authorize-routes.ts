import type { Context } from 'koa';
import { z } from 'zod';
import { forbidden } from '../../errors.ts';
import { shortText } from '../../http/fields.ts';
import { sessionViewerOf } from '../../http/identity.ts';
import { parse, parseQuery } from '../../http/input.ts';
import { fieldError, noStore, renderPage, seeOther } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { admitFormTarget, forbidFraming } from '../../http/security.ts';
import { setFlash } from '../../http/session-data.ts';
import { t } from '../../language/text.ts';
import type { User } from '../port.ts';
import { checkAccountRate, checkTotal } from '../rates.ts';
import { AUTHORIZE, issuerOf, resourceOf } from './endpoints.ts';
import { disconnectProgram, listPrograms, MAX_GRANTS } from './grants.ts';
import { openDocuments, type ReadDocument } from './metadata-document.ts';
import { OAuthError } from './oauth-error.ts';
import { cspSource, isLoopbackUri, shownTarget, withParameters } from './redirect-uri.ts';
import { type AuthorizationParameters, authorizationParameters, faultIn, type Requester, requesterOf } from './request.ts';
import { issueCode } from './tokens.ts';

/** `as`: the account that the page named. */
const decisionForm = authorizationParameters.extend({
  decision: z.enum(['connect', 'cancel'], 'must be connect or cancel'),
  as: shortText.default(''),
});

/** The page on which a person allows a program, and the end of that in the settings. */
export function authorizeRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const readDocument = openDocuments(core);
  const router = new Router();

  router.get(AUTHORIZE, async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const parameters = parseQuery(authorizationParameters, ctx);
    await withRequester(ctx, deps, user, parameters, readDocument, async (requester) => {
      const fault = faultIn(ctx, core, parameters);
      if (fault) refuse(ctx, deps, requester, parameters, fault);
      else show(ctx, deps, user, requester, parameters);
    });
  });

  router.post(AUTHORIZE, async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { decision, as, ...parameters } = await parse(decisionForm, ctx);
    await withRequester(ctx, deps, user, parameters, readDocument, async (requester) => {
      const fault = faultIn(ctx, core, parameters);
      if (fault) return refuse(ctx, deps, requester, parameters, fault);
      if (decision === 'cancel') return answer(ctx, deps, requester, parameters, denied());
      if (as !== user.id) throw forbidden(t`Another account is logged in now. Begin again.`);
      await checkAccountRate(core, user, 'tokens');
      const { length } = await listPrograms(core, user.id);
      checkTotal(user, length, MAX_GRANTS, t`You have connected ${MAX_GRANTS} programs, which is the limit. Disconnect one first.`);
      const { client, redirectUri } = requester;
      const code = await issueCode(core, user.id, {
        ...{ client: client.id, clientName: client.name, redirectUri },
        ...{ challenge: parameters.code_challenge ?? '', resource: resourceOf(ctx, core.config) },
      });
      answer(ctx, deps, requester, parameters, { code });
    });
  });

  router.post('/settings/programs/:id/disconnect', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    await disconnectProgram(core, user, String(ctx.params.id));
    setFlash(ctx, t`Program disconnected.`);
    seeOther(ctx, '/settings#programs-title');
  });
  return router;
}

const denied = (): OAuthError => new OAuthError('access_denied', 'The person has not allowed it.');

/** Calls `next` with the verified client and address of a request. Until then nothing is answered to the client: the person sees what is wrong. */
async function withRequester(
  ctx: Context,
  deps: RouteContext,
  user: User,
  parameters: AuthorizationParameters,
  readDocument: ReadDocument,
  next: (requester: Requester) => Promise<void>,
): Promise<void> {
  noStore(ctx);
  forbidFraming(ctx);
  try {
    await next(await requesterOf(deps.core, user, parameters, readDocument));
  } catch (error) {
    showRefusal(ctx, deps, fieldError(ctx, error).message);
  }
}

type Answer = OAuthError | { readonly code: string };

/** The address of the client with the answer to a request. */
function addressOf(
  ctx: Context,
  { core }: RouteContext,
  { redirectUri }: Requester,
  { state }: AuthorizationParameters,
  answered: Answer,
): string {
  const found = answered instanceof OAuthError ? { error: answered.code, error_description: answered.message } : { code: answered.code };
  return withParameters(redirectUri, { ...found, state, iss: issuerOf(ctx, core.config) });
}

/** Answers what the person has decided. */
function answer(ctx: Context, deps: RouteContext, requester: Requester, parameters: AuthorizationParameters, answered: Answer): void {
  seeOther(ctx, addressOf(ctx, deps, requester, parameters, answered));
}

/**
 * Answers a request that is wrong, by itself only to a client that an administrator has added: others could use this site's address to lead people to
 * theirs (RFC 9700, section 4.11.2).
 */
function refuse(ctx: Context, deps: RouteContext, requester: Requester, parameters: AuthorizationParameters, fault: OAuthError): void {
  const { client } = requester;
  if (client.source === 'added') {
    answer(ctx, deps, requester, parameters, fault);
    return;
  }
  ctx.status = 400;
  showRefusal(ctx, deps, t`${client.name} has sent a request that is not valid: ${fault.message}`, {
    url: addressOf(ctx, deps, requester, parameters, fault),
    label: t`Go back to ${shownTarget(requester.redirectUri)}`,
  });
}

type Way = { readonly url: string; readonly label: string };

function showRefusal(ctx: Context, { views }: RouteContext, message: string, back: Way | null = null): void {
  renderPage(ctx, views, 'accounts/authorize-refused.njk', t`Not connected`, { message, back });
}

function show(
  ctx: Context,
  { core, views }: RouteContext,
  user: User,
  { client, redirectUri }: Requester,
  parameters: AuthorizationParameters,
): void {
  admitFormTarget(ctx, cspSource(redirectUri));
  const hidden = Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  renderPage(ctx, views, 'accounts/authorize.njk', t`Connect a program`, {
    hidden: [...hidden, { name: 'as', value: user.id }],
    program: {
      ...{ name: client.name, source: client.source, host: client.source === 'document' ? new URL(client.id).host : '' },
      ...{ target: shownTarget(redirectUri), isHere: isLoopbackUri(redirectUri) },
    },
    account: { shown: user.displayName ?? user.name, name: user.name },
    siteName: core.site.identity.name,
    action: AUTHORIZE,
  });
}
