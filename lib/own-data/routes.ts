import { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import { z } from 'zod';
import { confirmPerson } from '../accounts/second-factor/routes.ts';
import { shortText } from '../http/fields.ts';
import { sessionViewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, fieldError, noStore, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { endBrowserSession } from '../http/session.ts';
import { t } from '../language/text.ts';
import { runOutsideRequest } from '../request-scope.ts';
import { deleteAccount } from './delete.ts';
import { writeOwnData } from './download.ts';

const deleteForm = z.object({ current: shortText.default(''), messages: z.enum(['keep', 'erase'], 'must be keep or erase') });

/** `/settings/data`: a person downloads what the site has about them, and deletes the account. */
export function ownDataRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/settings/data', async (ctx) => show(ctx, deps));

  router.get('/settings/data.jsonl', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    noStore(ctx);
    ctx.type = 'application/jsonl';
    ctx.attachment(`parley-${user.id}.jsonl`);
    const out = new PassThrough();
    ctx.body = out;
    if (ctx.method === 'GET') void runOutsideRequest(() => writeOwnData(core, user, out)).catch((error: Error) => out.destroy(error));
  });

  router.post('/settings/delete', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { current, messages } = await parse(deleteForm, ctx);
    try {
      await confirmPerson(core, user, current);
      await deleteAccount(core, user, messages);
      await endBrowserSession(ctx, { kind: 'info', text: t`Your account is deleted.` });
      seeOther(ctx, '/');
    } catch (error) {
      await show(ctx, deps, fieldError(ctx, error));
    }
  });
  return router;
}

async function show(ctx: Context, { views }: RouteContext, error: FieldError | null = null): Promise<void> {
  noStore(ctx);
  const { user } = sessionViewerOf(ctx);
  renderPage(ctx, views, 'own-data/index.njk', t`Your data`, { hasPassword: user.passwordHash !== null, error });
}
