import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, renderPage, respond, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { findPeople, openDirect } from './direct.ts';
import { directForm } from './direct-forms.ts';
import { listedJson, withLast } from './list.ts';
import { respondWithGroup } from './responses.ts';
import { myGroups, readSidebar } from './roster.ts';
import { isDirect } from './rules.ts';

/** Number of names that the form suggests; others can be typed. */
const MAX_SUGGESTED = 1000;

/** `/direct`: lists the direct messages of the viewer, and opens new ones. */
export function directRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  router.get('/direct', (ctx) => showDirect(ctx, deps, viewerOf(ctx).user));

  router.post('/direct', async (ctx) => {
    const { user } = viewerOf(ctx);
    const { with: names } = await parse(directForm, ctx);
    try {
      await checkAccountRate(core, user, 'direct');
      const { group, isNew } = await openDirect(core, user, await findPeople(core, names));
      await respondWithGroup(ctx, deps, user, group, isNew ? 201 : 200);
    } catch (error) {
      await showRefused(ctx, error, (reason) => showDirect(ctx, deps, user, { with: names.join(', '), error: reason }));
    }
  });
  return router;
}

type Begin = { readonly with: string; readonly error: FieldError | null };

async function showDirect(ctx: Context, deps: RouteContext, user: User, begin: Begin = { with: '', error: null }): Promise<void> {
  const mine = await myGroups(deps.core, user, { all: true });
  const direct = await withLast(
    deps.core,
    mine.filter(({ group }) => isDirect(group)),
  );
  await respond(ctx, {
    html: async () => {
      const sidebar = await readSidebar(deps.core, user, undefined, mine);
      const locals = { sidebar, direct, people: await otherPeople(deps, user), begin };
      renderPage(ctx, deps.views, 'groups/direct.njk', t`Direct messages`, locals);
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
