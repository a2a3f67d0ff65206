import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { AVATARS_GROUP, asFileId, asUserId, type GroupId } from '../ids.ts';
import { t } from '../language/text.ts';
import { meForm } from './forms.ts';
import { setDisplayName, setStatus } from './operations.ts';
import { personFor, personJson, personPage } from './presenter.ts';

/** Pictures change their URL with their content. */
const FOR_EVER = 'private, max-age=31536000, immutable';

export type PictureContext = Context & { params: Record<string, string | undefined> };
type Ctx = PictureContext;

/** `/people/:person` and `/avatars/…`: how people and bots appear to others; for everybody who is logged in. */
export function peopleRoutes(deps: RouteContext): Router {
  const { core, views } = deps;
  const router = new Router();

  router.get('/people/:person', async (ctx: Ctx) => {
    const viewer = viewerOf(ctx).user;
    const person = await personFor(core, viewer, await findPerson(core, ctx.params.person ?? ''));
    await respond(ctx, {
      html: () => renderPage(ctx, views, 'people/show.njk', person.user.displayName ?? person.user.name, personPage(core, person)),
      json: () => personJson(core, person),
    });
  });

  router.patch('/me', async (ctx) => {
    const { user } = viewerOf(ctx);
    const { display_name, status } = await parse(meForm, ctx);
    if (display_name !== undefined) await setDisplayName(core, user, display_name);
    if (status !== undefined) await setStatus(core, user, { ...status, until: timeOf(status.until) });
    const changed = (await core.store.users.byId(user.id)) ?? user;
    await respond(ctx, { json: async () => personJson(core, await personFor(core, changed, changed)) });
  });

  router.get('/avatars/:id', (ctx: Ctx) => sendAvatar(ctx, core, 'whole'));
  router.get('/avatars/:id/small', (ctx: Ctx) => sendAvatar(ctx, core, 'thumb'));
  return router;
}

const timeOf = (until: string | null): number | null => (until === null ? null : Date.parse(until));

/** By id, else by log-in name. Errors: `notFound`. */
async function findPerson(core: Core, text: string): Promise<User> {
  const user = (await core.store.users.byId(asUserId(text))) ?? (await core.store.users.byNameKey(nameKey(text.slice(0, 200))));
  if (!user) throw notFound(t`There is no such person.`);
  return user;
}

async function sendAvatar(ctx: Ctx, core: Core, part: 'whole' | 'thumb'): Promise<void> {
  viewerOf(ctx);
  await sendPicture(ctx, core, { part, group: AVATARS_GROUP, cache: FOR_EVER });
  ctx.vary('Cookie');
  ctx.vary('Authorization');
}

type Picture = { readonly part: 'whole' | 'thumb'; readonly group: GroupId; readonly cache: string };

/** Sends the picture whose id is in the path, of this pseudo-group. Errors: `notFound`. */
export async function sendPicture(ctx: PictureContext, { store }: Core, { part, group, cache }: Picture): Promise<void> {
  const id = ctx.params.id ?? '';
  const record = /^[0-9a-z]{26}$/.test(id) ? await store.files.byId(asFileId(id)) : undefined;
  if (record?.state !== 'stored' || record.group !== group) throw notFound();
  ctx.set({
    'Cache-Control': cache,
    ETag: `"${id}${part === 'thumb' ? '-s' : ''}"`,
    'Content-Security-Policy': "sandbox; default-src 'none'",
  });
  ctx.type = 'image/webp';
  ctx.status = 200;
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  const pieces = await store.files.read(record.id, part);
  if (!pieces) throw notFound();
  ctx.body = Readable.from(pieces, { objectMode: false });
}
