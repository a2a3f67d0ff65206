import type { Context } from 'koa';
import type { z } from 'zod';
import { avatarUrl } from '../accounts/avatar-url.ts';
import type { User } from '../accounts/port.ts';
import { parseTimeZone } from '../accounts/preferences.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import { currentStatus } from '../accounts/status.ts';
import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { sessionViewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type Received, receiveForm } from '../http/multipart.ts';
import { type FieldError, fieldError, noStore, renderPage, seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { MAX_PICTURE_BYTES, uploadPicture } from './avatar.ts';
import { profileForm } from './forms.ts';
import { setDisplayName, setPicture, setStatus } from './operations.ts';
import { endOf } from './status-end.ts';

type Form = z.infer<typeof profileForm>;

/** `/settings/profile`: display name, picture and status of the viewer. */
export function profileRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get('/settings/profile', async (ctx) => showProfile(ctx, deps));

  router.post('/settings/profile', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const form = await parse(profileForm, ctx);
    try {
      setFlash(ctx, await change(core, user, form));
      seeOther(ctx, '/settings/profile');
    } catch (error) {
      await showProfile(ctx, deps, { error: fieldError(ctx, error), typed: form });
    }
  });

  router.post('/settings/picture', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const received: Received<true> = { fields: {}, files: [] };
    const limits = { fileBytes: MAX_PICTURE_BYTES, takesFiles: (field: string) => field === 'picture' };
    try {
      await receiveForm({ source: ctx.req, type: ctx.get('Content-Type') }, limits, received, async (source) => {
        await uploadPicture(core, user, source);
        return true;
      });
      if (received.files.length === 0) throw invalid('picture', t`Choose a picture.`);
      setFlash(ctx, t`Your picture is changed.`);
      seeOther(ctx, '/settings/profile');
    } catch (error) {
      await showProfile(ctx, deps, { error: fieldError(ctx, error) });
    }
  });
  return router;
}

/** Resolves to what was done, in words. */
async function change(core: Core, user: User, form: Form): Promise<string> {
  switch (form.action) {
    case 'name':
      await setDisplayName(core, user, form.display_name);
      return t`Your display name is changed.`;
    case 'status': {
      const until = endOf(form, core.now(), parseTimeZone(form.time_zone) ?? user.preferences?.timeZone ?? 'UTC');
      await setStatus(core, user, { emoji: form.emoji, text: form.text, until });
      return form.emoji.trim() === '' && form.text.trim() === '' ? t`Your status is cleared.` : t`Your status is set.`;
    }
    case 'clear':
      await setStatus(core, user, { emoji: '', text: '', until: null });
      return t`Your status is cleared.`;
    case 'unpicture':
      await checkAccountRate(core, user, 'profile');
      await setPicture(core, user, null);
      return t`Your picture is removed.`;
    default:
      throw form satisfies never;
  }
}

async function showProfile(
  ctx: Context,
  { core, views }: RouteContext,
  refused: { error: FieldError; typed?: Form } | null = null,
): Promise<void> {
  noStore(ctx);
  const { id } = sessionViewerOf(ctx).user;
  const user = (await core.store.users.byId(id)) ?? sessionViewerOf(ctx).user; // also what this request has changed
  const status = currentStatus(user.status, core.now());
  const typed = refused?.typed;
  renderPage(ctx, views, 'people/settings.njk', t`Profile`, {
    self: { id, name: user.displayName ?? user.name, login: user.name, color: user.color, picture: avatarUrl(user.avatar, 'large') },
    displayName: typed?.action === 'name' ? typed.display_name : (user.displayName ?? ''),
    status,
    form: typed?.action === 'status' ? typed : { emoji: status?.emoji ?? '', text: status?.text ?? '', end: 'never', until: '' },
    error: refused?.error ?? null,
  });
}
