import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, renderPage, respond, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { findPeople, openDirect } from './direct.ts';
import { directForm } from './direct-forms.ts';
import { listedJson, listGroups } from './list.ts';
import { respondWithGroup } from './responses.ts';

/** Number of names that the form suggests; others can be typed. */
const MAX_SUGGESTED = 1000;

/** `/direct`: lists the direct messages of the viewer, and opens new ones. */
export function directRoutes(web: RouteContext): Router {
  const { core } = web;
  const router = new Router();
  router.get('/direct', (ctx) => showDirect(ctx, web, viewerOf(ctx).user));

  router.post('/direct', async (ctx) => {
    const { user } = viewerOf(ctx);
    const { with: names } = await parse(directForm, ctx);
    try {
      const { group, isNew } = await openDirect(core, user, await findPeople(core, names));
      await respondWithGroup(ctx, web, user, group, isNew ? 201 : 200);
    } catch (error) {
      await showRefused(ctx, error, (reason) => showDirect(ctx, web, user, { with: names.join(', '), error: reason }));
    }
  });
  return router;
}

type Begin = { readonly with: string; readonly error: FieldError | null };

async function showDirect(ctx: Context, web: RouteContext, user: User, begin: Begin = { with: '', error: null }): Promise<void> {
  const direct = (await listGroups(web, user, { all: true })).filter(({ kind }) => kind === 'direct');
  await respond(ctx, {
    html: async () => {
      const locals = { direct, people: await otherPeople(web, user), begin };
      renderPage(ctx, web.views, 'groups/direct.njk', 'Direct messages', locals);
    },
    json: () => direct.map(listedJson),
    text: () => direct.map(({ slug, unread, name }) => `${[slug, unread, name].join('\t')}\n`).join(''),
  });
}

/** All other accounts that are not disabled. */
async function otherPeople({ core }: RouteContext, { id }: User): Promise<string[]> {
  const everybody = await core.store.users.list({ limit: MAX_SUGGESTED });
  return everybody.filter((user) => user.id !== id && !user.disabled).map(({ name }) => name);
}
