import type { Context } from 'koa';
import { z } from 'zod';
import { shortText } from '../http/fields.ts';
import { sessionViewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, fieldError, noStore, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { LANGUAGE_NAMES, LANGUAGES, setLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { type Preferences, parseQuietHours, parseTimeZone, UNDO_SECONDS } from './preferences.ts';

const form = z.object({
  theme: z.enum(['', 'light', 'dark'], 'must be empty, light or dark').default(''),
  density: z.enum(['', 'compact'], 'must be empty or compact').default(''),
  language: z.enum(['', ...LANGUAGES], `must be empty, ${LANGUAGES.join(' or ')}`).default(''),
  time_zone: shortText.default(''),
  clock: z.enum(['', '12', '24'], 'must be empty, 12 or 24').default(''),
  undo: z.enum(['10', '30', '60'], 'must be 10, 30 or 60').default('10'),
  quiet_from: shortText.default(''),
  quiet_to: shortText.default(''),
});
type Form = z.infer<typeof form>;

/** `/settings/appearance`: theme, density, language, time zone, clock, quiet hours and the time to undo of the viewer. */
export function preferencesRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/settings/appearance', async (ctx) => showPreferences(ctx, deps));

  router.post('/settings/appearance', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const given = await parse(form, ctx);
    try {
      await core.store.users.update(user.id, { preferences: preferencesIn(given) });
      core.directory.forget(user.id);
      if (given.language !== '') setLanguage(given.language);
      setFlash(ctx, t`Saved.`);
      seeOther(ctx, '/settings/appearance');
    } catch (error) {
      await showPreferences(ctx, deps, { error: fieldError(ctx, error), typed: given });
    }
  });
  return router;
}

function preferencesIn({ theme, density, language, clock, undo, ...rest }: Form): Preferences {
  const timeZone = parseTimeZone(rest.time_zone);
  const quiet = parseQuietHours(rest.quiet_from, rest.quiet_to);
  return {
    ...(theme === '' ? {} : { theme }),
    ...(density === '' ? {} : { density }),
    ...(language === '' ? {} : { language }),
    ...(clock === '' ? {} : { clock }),
    ...(undo === '10' ? {} : { undoSeconds: undo === '30' ? 30 : 60 }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(quiet === undefined ? {} : { quiet }),
  };
}

const asForm = ({ theme, density, language, timeZone, clock, quiet, undoSeconds }: Preferences): Form => ({
  ...{ theme: theme ?? '', density: density ?? '', language: language ?? '', clock: clock ?? '', time_zone: timeZone ?? '' },
  ...{ quiet_from: quiet?.from ?? '', quiet_to: quiet?.to ?? '', undo: `${undoSeconds ?? UNDO_SECONDS}` as const },
});

async function showPreferences(
  ctx: Context,
  { views }: RouteContext,
  refused: { readonly error: FieldError; readonly typed: Form } | null = null,
): Promise<void> {
  noStore(ctx);
  const { user } = sessionViewerOf(ctx);
  renderPage(ctx, views, 'accounts/appearance.njk', t`Appearance`, {
    form: refused?.typed ?? asForm(user.preferences ?? {}),
    languages: LANGUAGES.map((id) => ({ id, name: LANGUAGE_NAMES[id] })),
    zones: Intl.supportedValuesOf('timeZone'),
    error: refused?.error ?? null,
  });
}
