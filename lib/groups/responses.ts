import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import type { Group } from './port.ts';
import { groupJson } from './presenter.ts';

/** Responds with a group that was created, opened or joined: a redirect for browsers, JSON or its URL for other clients. */
export async function respondWithGroup(ctx: Context, { core }: RouteContext, user: User, group: Group, status: number): Promise<void> {
  const url = `/groups/${group.slug}`;
  ctx.status = status;
  ctx.set('Location', url);
  await respond(ctx, {
    html: () => seeOther(ctx, url),
    json: async () => {
      const [membership, head] = await Promise.all([core.store.memberships.get(group.id, user.id), core.store.log.head(group.id)]);
      return groupJson(group, membership, head.n, core.config.basePath);
    },
    text: () => `${core.config.basePath}${url}\n`,
  });
}
