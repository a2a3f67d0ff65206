import type { Context } from 'koa';
import { z } from 'zod';
import { DomainError } from '../../errors.ts';
import { stateOf } from '../../http/context.ts';
import { parse } from '../../http/input.ts';
import { writeJson } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { discardRest } from '../../http/unread-body.ts';
import { REGISTER, RESOURCE, RESOURCE_METADATA, REVOKE, resourceMetadata, SERVER_METADATA, serverMetadata, TOKEN } from './endpoints.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';

const parameter = z.string('must be given once').max(2000, 'must have 2000 characters at most').optional();
const clientFields = { client_id: parameter, client_secret: parameter };
const tokenForm = z.object({
  ...clientFields,
  grant_type: parameter,
  code: parameter,
  code_verifier: parameter,
  redirect_uri: parameter,
  refresh_token: parameter,
  resource: parameter,
});
const revokeForm = z.object({ ...clientFields, token: parameter });

/**
 * What programs call without a session: metadata, tokens, revocation, registration. Pages of other sites may call them, since nothing here counts but what the
 * request itself contains. What answers them is loaded with the first request.
 */
export function oauthTokenRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const { config } = core;
  const router = new Router();

  const serve = (path: string, method: 'GET' | 'POST', handle: (ctx: Context) => Promise<void>): void => {
    router.register(path, [method, 'OPTIONS'], async (ctx) => {
      admitOthers(ctx, method);
      if (ctx.method === 'OPTIONS') ctx.status = 204;
      else await handle(ctx);
    });
  };
  const metadata = (path: string, suffixes: readonly string[], make: (ctx: Context) => object): void =>
    serve(`${path}{/*of}`, 'GET', async (ctx) => {
      if (!suffixes.includes(ctx.path.slice(path.length))) ctx.throw(404);
      ctx.set('Cache-Control', 'max-age=300');
      writeJson(ctx, make(ctx));
    });

  // With the base path behind it too: there clients look for the metadata of a site below a path (section 3.1 of RFC 8414 and of RFC 9728).
  metadata(RESOURCE_METADATA, ['', RESOURCE, config.basePath, config.basePath + RESOURCE], (ctx) =>
    resourceMetadata(ctx, config, core.site.identity.name),
  );
  metadata(SERVER_METADATA, ['', config.basePath], (ctx) => serverMetadata(ctx, config));

  const answers = () => import('./answers.ts'); // with the first request

  serve(TOKEN, 'POST', (ctx) => answering(ctx, async () => (await answers()).answerToken(ctx, core, await parse(tokenForm, asForm(ctx)))));
  serve(REVOKE, 'POST', (ctx) =>
    answering(ctx, async () => (await answers()).answerRevocation(ctx, core, await parse(revokeForm, asForm(ctx)))),
  );
  serve(REGISTER, 'POST', async (ctx) => {
    if (config.oauthRegistration !== 'open') ctx.throw(404);
    const { register, registrationForm } = await import('./registration.ts');
    await answering(ctx, async () => register(ctx, core, await parse(registrationForm, ctx)), 201);
  });
  return router;
}

/** Lets pages of other sites read the answer: no cookie counts here. */
function admitOthers(ctx: Context, method: string): void {
  stateOf(ctx).format = 'json'; // of errors
  ctx.set('Access-Control-Allow-Origin', '*');
  ctx.set('Cross-Origin-Resource-Policy', 'cross-origin');
  if (ctx.method !== 'OPTIONS') return;
  ctx.set('Access-Control-Allow-Methods', method);
  ctx.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, MCP-Protocol-Version');
  ctx.set('Access-Control-Max-Age', '86400');
}

/** The request, which must be a form (RFC 6749, section 4.1.3). Errors (OAuthError): `invalid_request`. */
function asForm(ctx: Context): Context {
  if (!ctx.is('urlencoded')) throw invalidRequest('Send the parameters as application/x-www-form-urlencoded.');
  return ctx;
}

/** Answers with JSON, also an error of the client's (RFC 6749, section 5.2; RFC 7591, section 3.2.2). Others are thrown. */
async function answering(ctx: Context, work: () => Promise<object>, status = 200): Promise<void> {
  ctx.set('Cache-Control', 'no-store');
  try {
    const body = await work();
    ctx.status = status;
    writeJson(ctx, body);
  } catch (error) {
    const refused = asOAuthError(error);
    if (!refused) throw error;
    discardRest(ctx);
    ctx.status = refused.status;
    if (refused.code === 'invalid_client' && ctx.get('Authorization') !== '') ctx.set('WWW-Authenticate', 'Basic realm="oauth"');
    if (refused.retryAfterMs !== undefined) ctx.set('Retry-After', String(Math.ceil(refused.retryAfterMs / 1000)));
    writeJson(ctx, { error: refused.code, error_description: refused.message });
  }
}

function asOAuthError(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) return error;
  if (!(error instanceof DomainError) || (error.code !== 'malformed' && error.code !== 'tooLarge')) return undefined;
  return new OAuthError('invalid_request', error.message, error.code === 'tooLarge' ? 413 : 400);
}
