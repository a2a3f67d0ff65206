import type { Context } from 'koa';
import type { z } from 'zod';
import { notFound } from '../errors.ts';
import { sizeText } from '../files/file.ts';
import { everyGroup } from '../groups/every-group.ts';
import { isDirect } from '../groups/rules.ts';
import { adminOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, noStore, renderPage, respond, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { eraseForm, keepForm } from './forms.ts';
import { type EraseResult, eraseSelected, setHold, setRetention } from './operations.ts';
import { selectionOf } from './parse-selection.ts';
import { daysFor, daysText, isHeld, parseDays } from './rules.ts';
import { storageFigures } from './storage.ts';

/** One request erases for so long; the page then offers to go on. */
const ERASE_MS = 20_000;
const LISTED_GROUPS = 500;

type Asked = z.infer<typeof eraseForm>;
const NOTHING: Omit<Asked, 'action'> = { group: '', author: '', from: '', to: '', after: '', before: '', words: '' };

/** The administrators' pages about what is stored: figures, retention, legal hold, erasing. */
export function retentionRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/admin/storage', async (ctx) => {
    adminOf(ctx);
    await showStorage(ctx, deps);
  });

  router.post('/admin/storage', async (ctx) => {
    adminOf(ctx);
    const form = await parse(keepForm, ctx);
    try {
      const group = await core.store.groups.bySlug(form.group);
      if (!group || isDirect(group)) throw notFound(t`There is no such group.`);
      if (form.action === 'days') await setRetention(core, group, parseDays(form.days));
      else await setHold(core, group, form.on === '1');
      setFlash(ctx, t`Done: ${group.name}.`);
      seeOther(ctx, '/admin/storage');
    } catch (error) {
      await showRefused(ctx, error, (reason) => showStorage(ctx, deps, reason));
    }
  });

  router.get('/admin/erase', async (ctx) => {
    adminOf(ctx);
    showErase(ctx, deps, { asked: NOTHING, found: null, error: null });
  });

  router.post('/admin/erase', async (ctx) => {
    const { user } = adminOf(ctx);
    const { action, ...asked } = await parse(eraseForm, ctx);
    try {
      const { detail, ...selection } = await selectionOf(core, asked);
      const signal = AbortSignal.timeout(ERASE_MS);
      const result = await eraseSelected(core, selection, { isErasing: action === 'erase', by: user.id, detail, signal });
      showErase(ctx, deps, { asked, found: { ...result, isErased: action === 'erase' }, error: null });
    } catch (error) {
      await showRefused(ctx, error, async (reason) => showErase(ctx, deps, { asked, found: null, error: reason }));
    }
  });
  return router;
}

type ErasePage = {
  readonly asked: Omit<Asked, 'action'>;
  readonly found: (EraseResult & { readonly isErased: boolean }) | null;
  readonly error: FieldError | null;
};

function showErase(ctx: Context, { views }: RouteContext, page: ErasePage): void {
  noStore(ctx);
  renderPage(ctx, views, 'retention/erase.njk', t`Erase messages`, page);
}

async function showStorage(ctx: Context, { core, views }: RouteContext, error: FieldError | null = null): Promise<void> {
  const figures = await storageFigures(core);
  await respond(ctx, {
    html: async () => {
      const groups = [];
      for await (const group of everyGroup(core.store)) {
        if (isDirect(group)) continue;
        const { slug, name, held } = group;
        groups.push({ slug, name, own: group.retentionDays ?? null, kept: daysText(daysFor(group, core.config)), held: held === true });
        if (groups.length === LISTED_GROUPS) break;
      }
      renderPage(ctx, views, 'retention/storage.njk', t`Storage`, {
        figures: shown(figures),
        groups,
        siteHold: isHeld({}, core.config),
        error,
      });
    },
    json: () => figures,
  });
}

/** Sizes and days as text. */
function shown(figures: Awaited<ReturnType<typeof storageFigures>>) {
  const { database, files, disk, retention, quotas } = figures;
  const quota = (bytes: number): string => (bytes === 0 ? t`none` : sizeText(bytes));
  const rows = (shares: typeof figures.people) =>
    shares.map(({ name, files: count, bytes }) => ({ name, files: count, size: sizeText(bytes) }));
  return {
    ...figures,
    database: sizeText(database),
    files: { files: files.files, size: sizeText(files.bytes) },
    disk: disk && t`${sizeText(disk.free)} of ${sizeText(disk.size)}`,
    retention: { days: daysText(retention.days), direct: daysText(retention.direct) },
    quotas: { person: quota(quotas.person), site: quota(quotas.site) },
    people: rows(figures.people),
    largest: rows(figures.largest),
  };
}
