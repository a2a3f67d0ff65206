import type { Context } from 'koa';
import { parseTimeZone } from '../accounts/preferences.ts';
import { DomainError } from '../errors.ts';
import { accessWithTitle } from '../groups/direct.ts';
import { openGroup } from '../groups/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { declaredTextFormat, idempotencyKey, textFormatOf } from '../http/context.ts';
import { problemFormat } from '../http/format.ts';
import { viewerOf } from '../http/identity.ts';
import { parse, parseQuery } from '../http/input.ts';
import { noStore, renderPage, respond, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { keyIn } from '../log/keys.ts';
import { changeForm, draftForm, itemForm, scheduleForm, scheduleQuery } from './forms.ts';
import { cancel, change, listScheduled, readScheduled, schedule } from './operations.ts';
import { showForm, showItem } from './pages.ts';
import type { Scheduled } from './port.ts';
import { presentScheduled, readGroups, scheduledJson, scheduledText } from './presenter.ts';
import { PICKS, timeIn, zonedMoment } from './times.ts';

type Ctx = Context & { params: Record<string, string | undefined> };

/** `/groups/:slug/scheduled`: schedules a message. `/scheduled`: those of the viewer, whom nobody else sees. */
export function scheduledRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
  const idOf = (ctx: Ctx): string => ctx.params.id ?? '';

  router.get('/groups/:slug/scheduled/new', async (ctx) =>
    showForm(ctx, deps, await accessWithTitle(core, await open(ctx)), { body: '', at: '', replyTo: '' }),
  );

  router.post('/groups/:slug/scheduled/new', async (ctx) => {
    const at = await accessWithTitle(core, await open(ctx));
    const { body, reply_to: replyTo } = await parse(draftForm, ctx);
    const answered = [replyTo].flat().findLast((one) => typeof one === 'string' && /^\d+$/.test(one));
    await showForm(ctx, deps, at, { body, at: '', replyTo: String(answered ?? '') });
  });

  router.post('/groups/:slug/scheduled', async (ctx) => {
    const at = await open(ctx);
    const form = await parse(scheduleForm, ctx);
    const query = ctx.search === '' ? {} : parseQuery(scheduleQuery, ctx);
    const zone = form.time_zone ?? query.time_zone;
    const replyTo = form.reply_to ?? query.reply_to;
    try {
      const { scheduled, isNew } = await schedule(core, at, {
        ...{ body: form.body, format: textFormatOf(ctx, form.format), replyTo, key: keyOf(ctx, form.key) },
        at: timeIn(form.pick ? PICKS[form.pick] : (form.at ?? query.at ?? ''), { now: core.now(), zone: zoneOf(ctx, zone) }),
      });
      await respondWith(ctx, deps, scheduled, { status: isNew ? 201 : 200, zone: zoneOf(ctx, zone) });
    } catch (error) {
      if (!isShownOnPage(ctx, error)) throw error;
      const typed = { body: form.body, at: String(form.at ?? ''), zone, replyTo: String(replyTo ?? ''), key: form.key };
      await showForm(ctx, deps, await accessWithTitle(core, at), typed, error);
    }
  });

  router.get('/scheduled', (ctx) => list(ctx, deps));

  router.get('/scheduled/:id', async (ctx) => {
    const { user } = viewerOf(ctx);
    const found = await readScheduled(core, user, idOf(ctx));
    const groups = await readGroups(core, user.id, [found]);
    await respond(ctx, {
      html: () => showItem(ctx, deps, found, groups),
      json: () => scheduledJson(found, groups, core.config.basePath),
      text: () => scheduledText(found, groups),
    });
  });

  router.patch('/scheduled/:id', async (ctx) => {
    const { user } = viewerOf(ctx);
    const { body, at, time_zone: zone, format } = await parse(changeForm, ctx);
    const time = at === undefined ? undefined : timeIn(at, { now: core.now(), zone: zoneOf(ctx, zone) });
    const changed = { body, format: declaredTextFormat(ctx, format), at: time };
    await respondWith(ctx, deps, await change(core, user, idOf(ctx), changed), {});
  });

  router.delete('/scheduled/:id', async (ctx) => {
    await cancel(core, viewerOf(ctx).user, idOf(ctx));
    ctx.status = 204;
  });

  router.post('/scheduled/:id/edit', async (ctx) => {
    const { user } = viewerOf(ctx);
    const form = await parse(itemForm, ctx);
    try {
      if (form.cancel) {
        await cancel(core, user, idOf(ctx));
        setFlash(ctx, t`Cancelled. It will not be sent.`);
        return seeOther(ctx, '/scheduled');
      }
      const zone = zoneOf(ctx, form.time_zone);
      const at = timeIn(form.pick ? PICKS[form.pick] : form.at, { now: core.now(), zone });
      await respondWith(ctx, deps, await change(core, user, idOf(ctx), { body: form.body, at }), { zone });
    } catch (error) {
      if (!isShownOnPage(ctx, error)) throw error;
      if (form.cancel || error.code === 'conflict') {
        setFlash(ctx, error.message, 'error');
        return seeOther(ctx, '/scheduled');
      }
      const found = await readScheduled(core, user, idOf(ctx));
      const typed = { body: form.body, at: form.at, zone: form.time_zone };
      await showItem(ctx, deps, found, await readGroups(core, user.id, [found]), { typed, error });
    }
  });
  return router;
}

/** The zone of a time without one: the given one, '' for that of the settings; undefined when a program names none. Errors: `invalid` (time_zone). */
const zoneOf = (ctx: Context, given: string | undefined): string | undefined =>
  given === undefined ? undefined : (parseTimeZone(given) ?? viewerOf(ctx).user.preferences?.timeZone ?? 'UTC');

/** The header Idempotency-Key, else a form's hidden nonce. */
function keyOf(ctx: Context, nonce: string | undefined): string | undefined {
  const given = idempotencyKey(ctx);
  if (given !== undefined) return keyIn('client', given);
  return nonce === undefined ? undefined : keyIn('form', nonce);
}

const isShownOnPage = (ctx: Context, error: unknown): error is DomainError =>
  problemFormat(ctx) === 'html' && error instanceof DomainError && error.code !== 'notFound';

type Answer = { readonly status?: 200 | 201; readonly zone?: string | undefined };

async function respondWith(ctx: Context, { core }: RouteContext, scheduled: Scheduled, { status = 200, zone }: Answer): Promise<void> {
  const { user } = viewerOf(ctx);
  const url = `/scheduled/${scheduled.id}`;
  ctx.status = status;
  if (status === 201) ctx.set('Location', url);
  await respond(ctx, {
    html: () => {
      setFlash(ctx, t`It will be sent: ${zonedMoment(scheduled.at, user, zone)}.`);
      seeOther(ctx, '/scheduled');
    },
    json: async () => scheduledJson(scheduled, await readGroups(core, user.id, [scheduled]), core.config.basePath),
    text: () => `${core.config.basePath}${url}\n`,
  });
}

async function list(ctx: Context, { core, views }: RouteContext): Promise<void> {
  const { user } = viewerOf(ctx);
  const all = await listScheduled(core, user);
  const groups = await readGroups(core, user.id, all);
  await respond(ctx, {
    html: () => {
      noStore(ctx);
      const items = all.map((one) => presentScheduled(one, groups));
      const [failed, waiting] = [items.filter((one) => one.failed !== null), items.filter((one) => one.failed === null)];
      renderPage(ctx, views, 'scheduled/index.njk', t`Scheduled messages`, { failed, waiting });
    },
    json: () => ({ results: all.map((one) => scheduledJson(one, groups, core.config.basePath)) }),
    text: () => all.map((one) => scheduledText(one, groups)).join(''),
  });
}
