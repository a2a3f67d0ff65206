import type { Context } from 'koa';
import type { z } from 'zod';
import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import { notFound } from '../errors.ts';
import { viewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { renderPage, respond, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { asUserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { startsAWord } from '../text/word-start.ts';
import { addByName } from './add-by-name.ts';
import { memberForm, membersQuery } from './forms.ts';
import * as groups from './operations.ts';
import { memberJson, membershipJson, memberText } from './presenter.ts';
import { roster } from './roster.ts';
import { type GroupAccess, mayManage } from './rules.ts';

const slugIn = (ctx: Context & { params: Record<string, string | undefined> }): string => ctx.params.slug ?? '';

/** Routes of the members of a group, and of typing notifications. */
export function groupRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/groups/:slug/members', async (ctx) => {
    const at = await groups.openForMembers(core, viewerOf(ctx).user, slugIn(ctx));
    await showMembers(ctx, deps, at);
  });

  router.post('/groups/:slug/members', async (ctx) => {
    const at = await groups.openForMembers(core, viewerOf(ctx).user, slugIn(ctx));
    const form = await parse(memberForm, ctx);
    let changed: User;
    try {
      changed = await changeMembers(deps, at, form);
    } catch (error) {
      const name = form.action === 'add' ? form.name : '';
      return showRefused(ctx, error, (reason) => showMembers(ctx, deps, at, { name, error: reason }));
    }
    await respond(ctx, {
      html: () => seeOther(ctx, form.action === 'leave' ? '/groups' : `/groups/${at.group.slug}/members`),
      json: () => changedJson(deps, at, changed),
      text: () => null,
    });
  });

  // Always 204: a request beyond the rate limit, or of a user who may not post, is ignored.
  router.post('/groups/:slug/typing', async (ctx) => {
    const at = await groups.openGroup(core, viewerOf(ctx).user, slugIn(ctx));
    groups.publishTyping(core, at);
    ctx.status = 204;
  });
  return router;
}

/** Resolves to the user whose membership changed. */
async function changeMembers({ core }: RouteContext, at: GroupAccess, form: z.infer<typeof memberForm>): Promise<User> {
  if (form.action === 'leave' || (form.action === 'remove' && form.user === at.user.id)) {
    await groups.leaveGroup(core, at);
    return at.user;
  }
  const managed = await groups.openManagedGroup(core, at.user, at.group.slug);
  const { group, user: by } = managed;
  if (form.action === 'add') return addByName(core, managed, form.name);
  await checkAccountRate(core, by, 'members');
  const user = await core.store.users.byId(asUserId(form.user));
  if (!user) throw notFound(t`There is no such user.`);
  if (form.action === 'remove') await groups.removeMember(core, by.id, group, user, by.admin);
  else await groups.setRole(core, by.id, group, user, form.action);
  return user;
}

/** The changed membership as JSON. */
async function changedJson({ core }: RouteContext, { group }: GroupAccess, user: User) {
  return membershipJson(group, user, await core.store.memberships.get(group.id, user.id));
}

/** Maximum number of members found with `q`. */
const MAX_FOUND = 20;

/** The members with a word of one of their names that starts with `q`. */
const matching = <M extends { readonly name: string; readonly shownName: string }>(members: readonly M[], q: string): M[] => {
  const typed = q.trim();
  return members.filter(({ name, shownName }) => [name, shownName].some((one) => startsAWord(one, typed))).slice(0, MAX_FOUND);
};

type AddForm = { readonly name: string; readonly error: object | null };

async function showMembers(ctx: Context, deps: RouteContext, at: GroupAccess, add: AddForm = { name: '', error: null }): Promise<void> {
  const { q } = parseQuery(membersQuery, ctx);
  const all = await roster(deps.core, at.group.id);
  const members = q === undefined ? all : matching(all, q);
  await respond(ctx, {
    html: () => {
      const locals = { group: at.group, members, mayManage: mayManage(at), add, isIn: at.membership?.in === true };
      renderPage(ctx, deps.views, 'groups/members.njk', t`Members of ${at.group.name}`, locals);
    },
    json: () => members.map((member) => memberJson(member, deps.core.config.basePath)),
    text: () => members.map(memberText).join(''),
  });
}
