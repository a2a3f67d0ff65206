import type { Context } from 'koa';
import { z } from 'zod';
import { avatarUrl } from '../accounts/avatar-url.ts';
import { setAdmin, setDisabled } from '../accounts/operations.ts';
import type { User } from '../accounts/port.ts';
import { listSessions } from '../accounts/sessions.ts';
import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { isDirect } from '../groups/rules.ts';
import { siteUrlOf } from '../http/context.ts';
import { shortText } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, fieldError, noTransform, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { asUserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { askFirst, type Question } from './confirm.ts';
import { ban, createPerson, logOutEverywhere, type PasswordLink, resetLink } from './people.ts';

const form = z.object({
  action: z.enum(['admin', 'unadmin', 'disable', 'enable', 'ban', 'logout', 'link'], 'must be an action on a person'),
  sure: z.literal('1', 'must be 1').optional(),
});
const newForm = z.object({ name: shortText });
type Action = z.infer<typeof form>['action'];

type Ctx = Context & { params: Record<string, string | undefined> };

/** `/admin/people/…`: an account as administrators see it, and what they do with it; new accounts. */
export function adminPersonRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/admin/people/new', async (ctx) => {
    adminOf(ctx);
    showNew(ctx, deps);
  });

  router.post('/admin/people/new', async (ctx) => {
    adminOf(ctx);
    const { name } = await parse(newForm, ctx);
    try {
      const { user, ...link } = await createPerson(core, name, siteUrlOf(ctx, core.config));
      await showPerson(ctx, deps, user, link);
    } catch (error) {
      showNew(ctx, deps, { name, error: fieldError(ctx, error) });
    }
  });

  router.get('/admin/people/:id', async (ctx: Ctx) => {
    adminOf(ctx);
    await showPerson(ctx, deps, await userIn(ctx, core));
  });

  router.post('/admin/people/:id', async (ctx: Ctx) => {
    const { user: by } = adminOf(ctx);
    const user = await userIn(ctx, core);
    const { action, sure } = await parse(form, ctx);
    if (action === 'link') return showPerson(ctx, deps, user, await resetLink(core, user, siteUrlOf(ctx, core.config)));
    if ((action === 'ban' || action === 'logout') && sure === undefined) return askFirst(ctx, deps, questionOf(user, action));
    setFlash(ctx, await actOn(core, by, user, action));
    seeOther(ctx, `/admin/people/${user.id}`);
  });

  return router;
}

type NewForm = { readonly name: string; readonly error: FieldError | null };

function showNew(ctx: Context, { views }: RouteContext, create: NewForm = { name: '', error: null }): void {
  noTransform(ctx);
  renderPage(ctx, views, 'admin/new-person.njk', t`New account`, { create });
}

function questionOf({ id, name }: User, action: 'ban' | 'logout'): Question {
  const back = `/admin/people/${id}`;
  const same = { action: back, fields: { action }, back };
  const ended = t`All sessions and API tokens end, and open pages close. Programs need new tokens.`;
  if (action === 'logout') return { title: t`Log ${name} out everywhere?`, lost: [ended], label: t`Log out everywhere`, ...same };
  const lost = [
    ended,
    t`The account is disabled and leaves all groups. Enabling it later does not bring it back into them.`,
    t`Its messages stay.`,
  ];
  return { title: t`Ban ${name}?`, lost, label: t`Ban`, ...same };
}

/** Resolves to what was done, in words. */
export async function actOn(core: Core, by: User, user: User, action: Exclude<Action, 'link'>): Promise<string> {
  switch (action) {
    case 'admin':
    case 'unadmin':
      await setAdmin(core, user, action === 'admin');
      return action === 'admin' ? t`${user.name} is an administrator now.` : t`${user.name} is no longer an administrator.`;
    case 'disable':
    case 'enable':
      await setDisabled(core, by.id, user, action === 'disable');
      return action === 'disable' ? t`${user.name} is disabled and logged out everywhere.` : t`${user.name} is enabled.`;
    case 'ban':
      await ban(core, by.id, user);
      return t`${user.name} is banned: disabled, logged out everywhere, and removed from all groups.`;
    case 'logout':
      await logOutEverywhere(core, by.id, user);
      return t`${user.name} is logged out everywhere, and has no API tokens any more.`;
    default:
      throw action satisfies never;
  }
}

async function userIn(ctx: Ctx, { store }: Core): Promise<User> {
  const user = await store.users.byId(asUserId(ctx.params.id ?? ''));
  if (!user) throw notFound(t`There is no such user.`);
  return user;
}

async function showPerson(ctx: Context, { core, views }: RouteContext, found: User, link: PasswordLink | null = null): Promise<void> {
  noTransform(ctx); // it may show a link that is a secret
  const user = (await core.store.users.byId(found.id)) ?? found;
  const [memberships, sessions, tokens] = await Promise.all([
    core.store.memberships.ofUser(user.id),
    listSessions(core, user, ''),
    core.store.tokens.listOf(user.id),
  ]);
  const roles = new Map(memberships.map(({ group, role }) => [group, role]));
  const groups = (await core.store.groups.byIds([...roles.keys()])).filter((group) => !isDirect(group));
  const { id, name, displayName, color, admin, bot, disabled, createdAt, avatar, passwordHash } = user;
  renderPage(ctx, views, 'admin/person.njk', displayName ?? name, {
    person: { id, login: name, name: displayName ?? name, color, admin, bot, disabled, createdAt, picture: avatarUrl(avatar, 'large') },
    hasPassword: passwordHash !== null,
    sessions: sessions.map(({ device, address, usedAt }) => ({ device, address, usedAt })),
    tokens: tokens.length,
    groups: groups.map((group) => ({ slug: group.slug, name: group.name, role: roles.get(group.id) ?? 'member' })),
    link,
  });
}
