import type { Context } from 'koa';
import { invalid } from '../../errors.ts';
import { openGroup } from '../../groups/operations.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { declaredTextFormat, idempotencyKey, isHtmx } from '../../http/context.ts';
import { viewerOf } from '../../http/identity.ts';
import { parse } from '../../http/input.ts';
import { respond, seeOther } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { t } from '../../language/text.ts';
import { memberFinder } from '../actions/resolve.ts';
import { ephemeralForm } from './forms.ts';
import { dismissEphemeral, readEphemerals, sendEphemeral } from './operations.ts';
import { ephemeralJson } from './presenter.ts';

type Ctx = Context & { params: Record<string, string | undefined> };

/** Messages of bots that one member of a group sees. */
export function ephemeralRoutes({ core }: RouteContext): Router {
  const router = new Router();
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
  const place = ({ group }: GroupAccess) => ({ slug: group.slug, basePath: core.config.basePath });

  router.post('/groups/:slug/ephemeral', async (ctx) => {
    const at = await open(ctx);
    const { user: who, body, format, key } = await parse(ephemeralForm, ctx);
    const user = (await memberFinder(core, at))(who);
    if (user === undefined) throw invalid('user', t`There is no member ${who} in this group.`);
    const given = { user, body, format: declaredTextFormat(ctx, format) ?? 'text', key: idempotencyKey(ctx) ?? key };
    const { sent, isNew } = await sendEphemeral(core, at, given);
    const json = ephemeralJson(sent, place(at), await core.directory.profiles([sent.bot]));
    ctx.status = isNew ? 201 : 200;
    ctx.set('Location', `/groups/${at.group.slug}/ephemeral/${sent.id}`);
    await respond(ctx, { json: () => json, text: () => `${json.url}\n` });
  });

  router.get('/groups/:slug/ephemeral', async (ctx) => {
    const at = await open(ctx);
    const mine = await readEphemerals(core, at.group.id, at.user.id);
    const profiles = await core.directory.profiles(mine.map(({ bot }) => bot));
    const json = mine.map((one) => ephemeralJson(one, place(at), profiles));
    await respond(ctx, { json: () => json, text: () => json.map(({ author, body }) => `${author.display_name}: ${body}\n`).join('') });
  });

  router.delete('/groups/:slug/ephemeral/:ephemeral', async (ctx) => {
    await dismissEphemeral(core, await open(ctx), ctx.params.ephemeral ?? '');
    ctx.status = 204;
  });

  router.post('/groups/:slug/ephemeral/:ephemeral/dismiss', async (ctx) => {
    const at = await open(ctx);
    await dismissEphemeral(core, at, ctx.params.ephemeral ?? '');
    if (!isHtmx(ctx)) return seeOther(ctx, `/groups/${at.group.slug}`);
    ctx.status = 200;
    ctx.type = 'html';
    ctx.body = '';
  });
  return router;
}
