import type { Context } from 'koa';
import { speech } from '../http/context.ts';
import { noStore, seeOther } from '../http/reply.ts';
import type { Web } from '../http/route-context.ts';
import type { Group, User } from '../store/port.ts';
import { groupJson } from './presenter.ts';

/** Leads a browser to a group that somebody has just made, opened or joined; tells a program about it. */
export async function answerGroup(ctx: Context, { core }: Web, user: User, group: Group, status: number): Promise<void> {
  const url = `/groups/${group.slug}`;
  if (speech(ctx) === 'html') return seeOther(ctx, url);
  const [membership, head] = await Promise.all([core.store.memberships.get(group.id, user.id), core.store.log.head(group.id)]);
  noStore(ctx);
  ctx.status = status;
  ctx.set('Location', url);
  ctx.body = speech(ctx) === 'text' ? `${url}\n` : groupJson(group, membership, head.n);
}
