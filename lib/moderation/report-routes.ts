import type { Context } from 'koa';
import { z } from 'zod';
import { openGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { shortText } from '../http/fields.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, noStore, renderPage, respond, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { readMessage } from '../log/history.ts';
import { presentRow } from '../messages/presenter.ts';
import { type Ctx, seqOf } from '../messages/responses.ts';
import { peopleIn } from '../messages/threads/context.ts';
import { UNRELATED } from '../messages/threads/related.ts';
import { reportMessage } from './reports.ts';

const form = z.object({ reason: shortText.default('') });

/** For members: reporting a message to the administrators. */
export function reportRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');

  router.get('/groups/:slug/messages/:seq/report', async (ctx) => showForm(ctx, deps, await open(ctx), seqOf(ctx)));

  router.post('/groups/:slug/messages/:seq/report', async (ctx) => {
    const at = await open(ctx);
    const { reason } = await parse(form, ctx);
    try {
      await reportMessage(core, at, seqOf(ctx), reason);
      ctx.status = 201;
      await respond(ctx, {
        html: () => {
          setFlash(ctx, t`Reported to the administrators. Thank you.`);
          seeOther(ctx, `/groups/${at.group.slug}`);
        },
        json: () => ({ reported: true }),
      });
    } catch (error) {
      await showRefused(ctx, error, (refused) => showForm(ctx, deps, at, seqOf(ctx), { reason, error: refused }));
    }
  });
  return router;
}

type Typed = { readonly reason: string; readonly error: FieldError | null };

async function showForm(
  ctx: Context,
  { core, views }: RouteContext,
  { group, user }: GroupAccess,
  seq: number,
  typed: Typed = { reason: '', error: null },
): Promise<void> {
  noStore(ctx);
  const folded = await readMessage(core, group.id, seq);
  const profiles = await core.directory.profiles(peopleIn([{ type: 'message', folded }]));
  const { author, html, iso, erased } = await presentRow(core, folded, group, { profiles, related: UNRELATED });
  renderPage(ctx, views, 'moderation/report.njk', t`Report a message`, {
    group: { slug: group.slug, name: group.name, isDirect: group.kind === 'direct' },
    message: { seq, author, html, at: Date.parse(iso), erased, own: folded.message.author === user.id },
    form: typed,
  });
}
