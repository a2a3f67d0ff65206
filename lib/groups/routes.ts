import type { Context } from 'koa';
import { z } from 'zod';
import { userByName } from '../accounts/operations.ts';
import { invalid, notFound } from '../errors.ts';
import { speech } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { fieldError, noStore, renderPage, seeOther } from '../http/reply.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session.ts';
import type { Web } from '../http/web.ts';
import { asUserId } from '../ids.ts';
import type { User } from '../store/port.ts';
import * as groups from './operations.ts';
import { roster } from './roster.ts';
import { mayManage, type Standing } from './rules.ts';

const text = z.string('must be text').max(1000, 'must have 1000 characters at most');
const memberForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('add'), name: text }),
  z.object({ action: z.enum(['remove', 'moderator', 'member']), user: text }),
  z.object({ action: z.literal('leave') }),
]);
const on = z.enum(['1', '0'], 'must be 1 or 0').transform((value) => value === '1');
const settingsForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('rename'), name: text }),
  z.object({ action: z.literal('topic'), topic: text }),
  z.object({ action: z.literal('code') }),
  z.object({ action: z.literal('open'), on }),
  z.object({ action: z.literal('archive'), on }),
]);

const slugIn = (ctx: Context & { params: Record<string, string | undefined> }): string => ctx.params.slug ?? '';

/** Members and settings of groups. */
export function groupRoutes(web: Web): Router {
  const { core } = web;
  const router = new Router();

  router.get('/groups/:slug/members', async (ctx) => {
    const at = await openForMembers(web, viewerOf(ctx).user, slugIn(ctx));
    await showMembers(ctx, web, at);
  });

  router.post('/groups/:slug/members', async (ctx) => {
    const at = await openForMembers(web, viewerOf(ctx).user, slugIn(ctx));
    const form = await parse(memberForm, ctx);
    try {
      await changeMembers(web, at, form);
    } catch (error) {
      if (speech(ctx) !== 'html') throw error;
      return showMembers(ctx, web, at, { name: form.action === 'add' ? form.name : '', error: fieldError(ctx, error) });
    }
    if (speech(ctx) !== 'html') ctx.status = 204;
    else seeOther(ctx, form.action === 'leave' ? '/groups' : `/groups/${at.group.slug}/members`);
  });

  // Quietly: whoever asks too often, or may not write, is not told, and neither are the others.
  router.post('/groups/:slug/typing', async (ctx) => {
    const at = await groups.openGroup(core, viewerOf(ctx).user, slugIn(ctx));
    groups.sayTyping(core, at);
    ctx.status = 204;
  });

  router.get('/groups/:slug/settings', async (ctx) => {
    await showSettings(ctx, web, await groups.openManagedGroup(core, viewerOf(ctx).user, slugIn(ctx)));
  });

  router.post('/groups/:slug/settings', async (ctx) => {
    const at = await groups.openManagedGroup(core, viewerOf(ctx).user, slugIn(ctx));
    const form = await parse(settingsForm, ctx);
    try {
      const slug = await changeSettings(web, at, form);
      if (speech(ctx) !== 'html') {
        ctx.status = 204;
        return;
      }
      setFlash(ctx, 'Saved.');
      seeOther(ctx, `/groups/${slug}/settings`);
    } catch (error) {
      if (speech(ctx) !== 'html') throw error;
      await showSettings(ctx, web, at, fieldError(ctx, error));
    }
  });
  return router;
}

/** Members see who is in; who manages may too, without being in. */
async function openForMembers({ core }: Web, user: User, slug: string): Promise<Standing> {
  return groups.openGroup(core, user, slug).catch(() => groups.openManagedGroup(core, user, slug));
}

async function changeMembers({ core }: Web, at: Standing, form: z.infer<typeof memberForm>): Promise<void> {
  const isLeaving = form.action === 'leave' || (form.action === 'remove' && form.user === at.user.id);
  if (isLeaving) return groups.leaveGroup(core, at);
  const managed = await groups.openManagedGroup(core, at.user, at.group.slug);
  const { group, user: by } = managed;
  if (form.action === 'add') return addByName({ core }, managed, form.name);
  const user = await core.store.users.byId(asUserId(form.user));
  if (!user) throw notFound('There is no such user.');
  if (form.action === 'remove') await groups.removeMember(core, by.id, group, user);
  else await groups.setRole(core, by.id, group, user, form.action);
}

async function addByName({ core }: Pick<Web, 'core'>, { group, user: by }: Standing, name: string): Promise<void> {
  const user = await userByName(core, name).catch(() => {
    throw invalid('name', `There is nobody named ${name.slice(0, 64)}.`);
  });
  if (user.bot && !by.admin) throw invalid('name', `${user.name} is a bot: only an administrator can bring it into another group.`);
  await groups.addMember(core, by.id, group, user);
}

/** Resolves to the slug that the group has now. */
async function changeSettings({ core }: Web, { group, user }: Standing, form: z.infer<typeof settingsForm>): Promise<string> {
  switch (form.action) {
    case 'rename':
      return (await groups.renameGroup(core, user.id, group, form.name)).slug;
    case 'topic':
      await groups.setTopic(core, user.id, group, form.topic);
      break;
    case 'code':
      await groups.replaceCode(core, group);
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

type AddForm = { readonly name: string; readonly error: object | null };

async function showMembers(ctx: Context, web: Web, at: Standing, add: AddForm = { name: '', error: null }): Promise<void> {
  noStore(ctx);
  const members = await roster(web.core, at.group.id);
  if (speech(ctx) === 'json') ctx.body = members;
  else if (speech(ctx) === 'text') ctx.body = members.map((member) => `${member.name}\n`).join('');
  else
    renderPage(ctx, web.views, 'groups/members.njk', `Members of ${at.group.name}`, {
      group: at.group,
      members,
      mayManage: mayManage(at),
      add,
      isIn: at.membership?.in === true,
    });
}

async function showSettings(ctx: Context, web: Web, { group }: Standing, error: object | null = null): Promise<void> {
  noStore(ctx);
  renderPage(ctx, web.views, 'groups/settings.njk', `Settings of ${group.name}`, { group, code: groups.joinCode(web.core, group), error });
}
