import type { Context } from 'koa';
import { codeIn, type EntryForms, entryForms } from '../accounts/pages.ts';
import { DomainError, notFound } from '../errors.ts';
import { stateOf } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { noTransform, renderPage, respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { networkOf } from '../network.ts';
import { type Invitation, invitation, joinByCode } from './joining.ts';
import { invitationJson } from './presenter.ts';
import { respondWithGroup } from './responses.ts';

/** `/join/:code`: the invitation link of a group. It shows only the name, topic and size of the group. */
export function inviteRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/join/:code', async (ctx) => {
    const user = stateOf(ctx).viewer?.user;
    const code = ctx.params.code ?? '';
    const found = await invitation(core, code, user, user?.id ?? `address:${networkOf(ctx.ip)}`).catch(hideReason);
    await showInvitation(ctx, deps, found, code);
  });

  router.post('/join/:code', async (ctx) => {
    const { user } = viewerOf(ctx);
    const group = await joinByCode(core, user, ctx.params.code ?? '').catch(hideReason);
    await respondWithGroup(ctx, deps, user, group, 200);
  });
  return router;
}

/** One error for unknown, expired and used-up codes, and for archived groups. */
function hideReason(error: unknown): never {
  const isBad = error instanceof DomainError && error.code === 'invalid';
  throw isBad ? notFound(t`This invitation is not valid. It may have expired, been used up, or been replaced: ask for a new one.`) : error;
}

/** Shows an invitation again with a refused sign-up or log-in form. Resolves to false when it is not valid. */
export async function showInvitationAgain(ctx: Context, deps: RouteContext, path: string, forms: EntryForms): Promise<boolean> {
  if (stateOf(ctx).viewer) return false; // signed-in users see no forms there
  const code = codeIn(path) ?? '';
  const found = await invitation(deps.core, code, undefined, `address:${networkOf(ctx.ip)}`).catch(() => undefined);
  if (found) await showInvitation(ctx, deps, found, code, forms);
  return found !== undefined;
}

async function showInvitation(
  ctx: Context,
  { core, views }: RouteContext,
  { group, memberCount, isIn }: Invitation,
  code: string,
  filled: EntryForms = { signup: { code } },
): Promise<void> {
  ctx.set('Referrer-Policy', 'strict-origin'); // the path is a secret, so it must not be in a Referer header
  const { viewer } = stateOf(ctx);
  const { name, topic } = group;
  await respond(ctx, {
    html: async () => {
      if (isIn) return seeOther(ctx, `/groups/${group.slug}`);
      noTransform(ctx);
      const forms = viewer ? null : await entryForms(core, filled, { from: 'invitation', returnTo: `/join/${code}` });
      const invite = { name, topic, memberCount, code, mayJoin: viewer?.user.bot !== true };
      renderPage(ctx, views, 'groups/invite.njk', t`Join ${name}`, { invite, forms, ...(forms ?? {}) });
    },
    json: () => invitationJson({ group, memberCount, isIn }),
    text: () => `${name}\n`,
  });
}
