import { openGroup } from '../../groups/operations.ts';
import { viewerOf } from '../../http/identity.ts';
import { parseQuery } from '../../http/input.ts';
import { respond } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { threadQuery } from '../forms.ts';
import { listBodies, seqOf } from '../responses.ts';
import { linkOlder, showThread } from './page.ts';
import { readThreadPage } from './read-page.ts';

/** The page of a thread, at any of its messages. */
export function threadRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  router.get('/groups/:slug/messages/:seq/thread', async (ctx) => {
    const at = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    const { before } = parseQuery(threadQuery, ctx);
    const seq = seqOf(ctx);
    const thread = await readThreadPage(core, at.group.id, seq, before);
    linkOlder(ctx, core, at, thread);
    await respond(ctx, {
      html: () => showThread(ctx, deps, at, thread, { seq, before }),
      ...listBodies(core, at.group, thread.messages),
    });
  });
  return router;
}
