import type { Context } from 'koa';
import { z } from 'zod';
import { setAdmin, setDisabled } from '../accounts/operations.ts';
import { notFound } from '../errors.ts';
import { adminOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { noStore, renderPage, seeOther } from '../http/reply.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session.ts';
import type { Web } from '../http/web.ts';
import { asUserId } from '../ids.ts';

const MOST_ROWS = 1000;
const form = z.object({ action: z.enum(['admin', 'unadmin', 'disable', 'enable']), user: z.string('must be text').max(64) });

/** The administrators' page: people, groups, bots. */
export function adminRoutes(web: Web): Router {
  const { core } = web;
  const router = new Router();

  router.get('/admin', async (ctx) => {
    adminOf(ctx);
    await showAdmin(ctx, web);
  });

  router.post('/admin', async (ctx) => {
    const { user: by } = adminOf(ctx);
    const { action, user: id } = await parse(form, ctx);
    const user = await core.store.users.byId(asUserId(id));
    if (!user) throw notFound('There is no such user.');
    if (action === 'disable' || action === 'enable') await setDisabled(core, by.id, user, action === 'disable');
    else await setAdmin(core, user, action === 'admin');
    setFlash(ctx, `Done: ${user.name}.`);
    seeOther(ctx, '/admin');
  });
  return router;
}

async function showAdmin(ctx: Context, { core, views }: Web): Promise<void> {
  noStore(ctx);
  const [everybody, groups] = await Promise.all([
    core.store.users.list({ limit: MOST_ROWS }),
    core.store.groups.list({ limit: MOST_ROWS }),
  ]);
  const heads = await core.store.log.heads(groups.map((group) => group.id));
  const rows = await Promise.all(
    groups.map(async ({ id, slug, name, open, archived }) => {
      const members = await core.store.memberships.ofGroup(id);
      return { slug, name, open, archived, memberCount: members.length, messageCount: heads.get(id)?.n ?? 0 };
    }),
  );
  const face = ({ id, name, color, admin, disabled, createdAt }: (typeof everybody)[number]) => ({
    id,
    name,
    color,
    admin,
    disabled,
    createdAt,
  });
  const users = everybody.filter((user) => !user.bot).map(face);
  const bots = everybody.filter((user) => user.bot).map(face);
  renderPage(ctx, views, 'admin/index.njk', 'Administration', { users, groups: rows, bots });
}
