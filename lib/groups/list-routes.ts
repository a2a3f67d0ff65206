import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, renderPage, respond, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { joinByCode, joinOpenGroup } from './joining.ts';
import { listedJson, withLast } from './list.ts';
import { createForm, joinForm } from './list-forms.ts';
import { createGroup } from './operations.ts';
import { respondWithGroup } from './responses.ts';
import { isListed, myGroups, readSidebar } from './roster.ts';
import { mayCreate } from './rules.ts';

type Refused = { readonly error: FieldError };
type GroupForms = { readonly create?: Refused & { name: string; open: boolean }; readonly join?: Refused & { code: string } };

/** `/groups`: lists the groups of the viewer and the open groups; creates and joins groups. */
export function groupsIndexRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  router.get('/groups', async (ctx) => showGroups(ctx, deps, viewerOf(ctx).user));

  router.post('/groups', async (ctx) => {
    const { user } = viewerOf(ctx);
    const { name, open } = await parse(createForm, ctx);
    try {
      await checkAccountRate(core, user, 'groups');
      await respondWithGroup(ctx, deps, user, await createGroup(core, user, { name, open }), 201);
    } catch (error) {
      await showRefused(ctx, error, (reason) => showGroups(ctx, deps, user, { create: { name, open, error: reason } }));
    }
  });

  router.post('/groups/join', async (ctx) => {
    const { user } = viewerOf(ctx);
    const form = await parse(joinForm, ctx);
    try {
      const group = 'code' in form ? await joinByCode(core, user, form.code) : await joinOpenGroup(core, user, form.slug);
      await respondWithGroup(ctx, deps, user, group, 200);
    } catch (error) {
      if (!('code' in form)) throw error;
      await showRefused(ctx, error, (reason) => showGroups(ctx, deps, user, { join: { code: form.code, error: reason } }));
    }
  });

  // Otherwise OPTIONS would also list GET, from `/groups/:slug`.
  router.all('/groups/join', (ctx, next) => {
    if (ctx.method !== 'OPTIONS') return next();
    ctx.set('Allow', 'POST');
    ctx.status = 204;
  });
  return router;
}

/** Responds with the list; the page shows a refused form again. */
const showGroups = (ctx: Context, deps: RouteContext, user: User, forms: GroupForms = {}): Promise<void> =>
  respond(ctx, {
    html: async () => renderPage(ctx, deps.views, 'groups/index.njk', t`Groups`, await locals(deps, user, forms)),
    json: async () => (await withLast(deps.core, await myGroups(deps.core, user, { all: true }))).map(listedJson),
    text: async () => (await myGroups(deps.core, user)).map(({ group, unread }) => `${group.slug} ${unread}\n`).join(''),
  });

async function locals(deps: RouteContext, user: User, forms: GroupForms) {
  const mine = await myGroups(deps.core, user, { all: true });
  const groups = await withLast(deps.core, mine.filter(isListed));
  return {
    sidebar: await readSidebar(deps.core, user, undefined, mine),
    groups: groups.filter(({ kind }) => kind === 'group'),
    direct: groups.filter(({ kind }) => kind === 'direct'),
    open: await openGroups(deps, groups),
    create: { name: '', open: false, error: null },
    join: { code: '', error: null },
    mayCreate: mayCreate(user),
    ...forms,
  };
}

async function openGroups({ core }: RouteContext, mine: readonly { slug: string }[]) {
  const known = new Set(mine.map(({ slug }) => slug));
  const open = (await core.store.groups.list({ limit: 100, open: true })).filter((group) => !known.has(group.slug) && !group.archived);
  return Promise.all(
    open.map(async ({ id, slug, name, topic }) => ({ slug, name, topic, memberCount: (await core.store.memberships.ofGroup(id)).length })),
  );
}
