import type { Context } from 'koa';
import type { z } from 'zod';
import { checkAccountRate } from '../accounts/rates.ts';
import { forbidden } from '../errors.ts';
import { siteUrlOf } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, noStore, noTransform, renderPage, respond, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { qrCodeSvg } from '../views/qr.ts';
import { type CodeLimits, joinCode, limitCode, replaceCode } from './codes.ts';
import { settingsForm } from './forms.ts';
import { parseExpiry, parseUses } from './group.ts';
import * as groups from './operations.ts';
import { codeJson, groupJson } from './presenter.ts';
import { type GroupAccess, isDirect, isHidden, mayHide, mayLeave, mayManage } from './rules.ts';

type Form = z.infer<typeof settingsForm>;
type Own = Extract<Form, { action: 'level' | 'hide' | 'favourite' }>;
type Managing = Exclude<Form, Own>;

const isOwn = (form: Form): form is Own => form.action === 'level' || form.action === 'hide' || form.action === 'favourite';

/** `/groups/:slug/settings`: the preferences of a member, and for moderators the settings of the group. */
export function settingsRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/groups/:slug/settings', async (ctx) => {
    const at = await groups.openForMembers(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    await respond(ctx, { html: () => showSettings(ctx, deps, at), json: () => settingsJson(ctx, deps, at) });
  });

  // A separate resource: pages contain no inline SVG, so that injected SVG is never allowed.
  router.get('/groups/:slug/invite.svg', async (ctx) => {
    const at = await groups.openManagedGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    noStore(ctx);
    ctx.type = 'image/svg+xml';
    ctx.body = await qrCodeSvg(inviteOf(ctx, deps, at).link);
  });

  router.post('/groups/:slug/settings', async (ctx) => {
    const at = await groups.openForMembers(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    const form = await parse(settingsForm, ctx);
    try {
      const slug = isOwn(form) ? await changeOwn(deps, at, form) : await changeGroup(deps, at, form);
      await respond(ctx, {
        html: () => {
          if (form.action === 'favourite') return seeOther(ctx, `/groups/${slug}`); // its button is there
          setFlash(ctx, t`Saved.`);
          seeOther(ctx, `/groups/${slug}/settings`);
        },
        json: async () => settingsJson(ctx, deps, await groups.openForMembers(core, at.user, slug)),
        text: () => null,
      });
    } catch (error) {
      if (!mayManage(at)) throw error;
      await showRefused(ctx, error, (reason) => showSettings(ctx, deps, at, reason));
    }
  });
  return router;
}

async function changeOwn({ core }: RouteContext, at: GroupAccess, form: Own): Promise<string> {
  if (!at.membership?.in) throw forbidden(t`You are not a member of this group.`);
  if (form.action === 'level') await groups.setLevel(core, at, form.level);
  else if (form.action === 'favourite') await groups.setFavourite(core, at, form.on);
  else await groups.setHidden(core, at, form.on);
  return at.group.slug;
}

/** Resolves to the current slug of the group. */
async function changeGroup({ core }: RouteContext, at: GroupAccess, form: Managing): Promise<string> {
  const { group, user } = await groups.openManagedGroup(core, at.user, at.group.slug);
  await checkAccountRate(core, user, 'settings');
  switch (form.action) {
    case 'rename':
      return (await groups.renameGroup(core, user.id, group, form.name)).slug;
    case 'topic':
      await groups.setTopic(core, user.id, group, form.topic);
      break;
    case 'code':
      await replaceCode(core, group, limitsIn(form));
      break;
    case 'limits':
      await limitCode(core, group, limitsIn(form));
      break;
    case 'open':
      await groups.setOpen(core, group, form.on);
      break;
    case 'archive':
      await groups.setArchived(core, user.id, group, form.on);
      break;
    default:
      throw form satisfies never;
  }
  return group.slug;
}

const limitsIn = ({ expires = 'never', uses = 'unlimited' }: Extract<Managing, { action: 'code' | 'limits' }>): CodeLimits => ({
  forMs: parseExpiry(expires),
  uses: parseUses(uses),
});

/** The settings of a group as JSON, with its join code for moderators. */
export async function settingsJson(ctx: Context, { core }: RouteContext, at: GroupAccess) {
  const { group, membership } = at;
  const { n } = await core.store.log.head(group.id);
  noTransform(ctx);
  const code = mayManage(at) ? codeJson(group, joinCode(core, group), core.config.basePath) : {};
  return { ...groupJson(group, membership, n, core.config.basePath), ...code };
}

async function showSettings(ctx: Context, deps: RouteContext, at: GroupAccess, error: FieldError | null = null): Promise<void> {
  const { core, views } = deps;
  const { group, membership } = at;
  noTransform(ctx);
  const hidden = mayHide(at) && membership ? isHidden(membership, (await core.store.log.head(group.id)).n) : null;
  renderPage(ctx, views, 'groups/settings.njk', isDirect(group) ? group.name : t`Settings of ${group.name}`, {
    group,
    own: membership?.in ? { level: membership.level, favourite: membership.favourite === true, hidden, mayLeave: mayLeave(at) } : null,
    manage: mayManage(at) ? { ...inviteOf(ctx, deps, at), error } : null,
  });
}

function inviteOf(ctx: Context, { core }: RouteContext, { group }: GroupAccess) {
  const code = joinCode(core, group);
  const link = `${siteUrlOf(ctx, core.config)}/join/${code}`;
  return { code, link, expiresAt: group.codeExpiresAt, usesLeft: group.codeUsesLeft, now: core.now() };
}
