import type { Context } from 'koa';
import { z } from 'zod';
import { invalid, notFound } from '../errors.ts';
import { shortText } from '../http/fields.ts';
import { adminOf, sessionViewerOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { asUserId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { SERVER } from './event.ts';
import { positionOf, securityPage } from './presenter.ts';

const PAGE_SIZE = 50;

const ownQuery = z.object({ before: shortText.optional() });
/** `user`: the id of an account; without it, the events of the whole server. */
const adminQuery = ownQuery.extend({ user: shortText.optional() });

type List = {
  readonly title: string;
  readonly owner: UserId;
  readonly before: string | undefined;
  readonly path: string;
  readonly user?: string | undefined;
};

/** The security events of the viewer; for administrators those of every account and of the server. */
export function securityRoutes(deps: RouteContext): Router {
  const router = new Router();

  router.get('/settings/security', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { before } = parseQuery(ownQuery, ctx);
    await show(ctx, deps, { title: t`Security`, owner: user.id, before, path: ctx.path });
  });

  router.get('/admin/security', async (ctx) => {
    adminOf(ctx);
    const { before, user: id } = parseQuery(adminQuery, ctx);
    const user = id === undefined ? undefined : await deps.core.store.users.byId(asUserId(id));
    if (id !== undefined && !user) throw notFound(t`There is no such user.`);
    const title = user ? t`Security events of ${user.name}` : t`Security events`;
    await show(ctx, deps, { title, owner: user?.id ?? SERVER, before, path: ctx.path, user: user?.id });
  });
  return router;
}

async function show(ctx: Context, { core, views }: RouteContext, { title, owner, before, path, user }: List): Promise<void> {
  noStore(ctx);
  const position = before === undefined ? undefined : positionOf(before);
  if (before !== undefined && !position) throw invalid('before', t`before must be the one in the link to older events.`);
  const { rows, next } = await securityPage(core, owner, { limit: PAGE_SIZE, before: position });
  const query = new URLSearchParams({ ...(user === undefined ? {} : { user }), ...(next === null ? {} : { before: next }) });
  renderPage(ctx, views, 'security/index.njk', title, {
    events: rows,
    older: next === null ? null : `${path}?${query}`,
    isFirst: position === undefined,
    isOwn: path === '/settings/security',
  });
}
