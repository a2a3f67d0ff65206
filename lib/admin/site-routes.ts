import type { Context } from 'koa';
import { z } from 'zod';
import { inviteCode, renewInviteCode } from '../accounts/invite-code.ts';
import { SIGN_UP_MODES, setSignUpMode, signUpMode } from '../accounts/sign-up-mode.ts';
import type { Core } from '../core.ts';
import { conflict, invalid } from '../errors.ts';
import { shortText } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type Received, receiveForm } from '../http/multipart.ts';
import { type FieldError, noTransform, renderPage, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { type FileId, SITE_GROUP } from '../ids.ts';
import { t } from '../language/text.ts';
import { MAX_PICTURE_BYTES, storePicture } from '../people/avatar.ts';
import { type PictureContext, sendPicture } from '../people/routes.ts';

const form = z.discriminatedUnion('action', [
  z.object({ action: z.literal('name'), name: shortText }),
  z.object({ action: z.literal('unpicture') }),
  z.object({ action: z.literal('signup'), mode: z.enum(SIGN_UP_MODES, `must be ${SIGN_UP_MODES.join(', ')}`) }),
  z.object({ action: z.literal('code'), code: shortText }),
]);
type Act = z.infer<typeof form>;

/** Pictures change their URL with their content. Who is not logged in sees them too: on the log-in page, and when the app is installed. */
const FOR_EVERYBODY = 'public, max-age=31536000, immutable';

/** `/admin/site`: name, picture and sign-up of the site; `/site-icon/…`: the picture. */
export function adminSiteRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  router.get('/site-icon/:id', (ctx: PictureContext) => sendPicture(ctx, core, { part: 'whole', group: SITE_GROUP, cache: FOR_EVERYBODY }));
  router.get('/site-icon/:id/small', (ctx: PictureContext) =>
    sendPicture(ctx, core, { part: 'thumb', group: SITE_GROUP, cache: FOR_EVERYBODY }),
  );

  router.get('/admin/site', async (ctx) => {
    adminOf(ctx);
    await showSite(ctx, deps);
  });

  router.post('/admin/site', async (ctx) => {
    adminOf(ctx);
    const asked = await parse(form, ctx);
    await answer(ctx, deps, () => act(core, asked));
  });

  router.post('/admin/site/picture', async (ctx) => {
    const { user } = adminOf(ctx);
    const received: Received<FileId> = { fields: {}, files: [] };
    const limits = { fileBytes: MAX_PICTURE_BYTES, takesFiles: (field: string) => field === 'picture' };
    await answer(ctx, deps, async () => {
      await receiveForm({ source: ctx.req, type: ctx.get('Content-Type') }, limits, received, (source) =>
        storePicture(core, source, { group: SITE_GROUP, author: user.id, name: 'site.webp' }),
      );
      const [picture] = received.files;
      if (picture === undefined) throw invalid('picture', t`Choose a picture.`);
      return setPicture(core, picture);
    });
  });
  return router;
}

/** Shows the page again with what was done, or why not. */
async function answer(ctx: Context, deps: RouteContext, work: () => Promise<string>): Promise<void> {
  try {
    setFlash(ctx, await work());
    seeOther(ctx, '/admin/site');
  } catch (error) {
    await showRefused(ctx, error, (reason) => showSite(ctx, deps, reason));
  }
}

/** Resolves to what was done, in words. */
async function act(core: Core, asked: Act): Promise<string> {
  switch (asked.action) {
    case 'name':
      if (core.config.siteName !== undefined) throw conflict(t`SITE_NAME is set in the environment of the server, which wins.`, 'name');
      await core.site.setName(asked.name);
      await core.audit.record({ act: 'site_changed', detail: `name: ${core.site.identity.name}` });
      return t`The site is called ${core.site.identity.name} now.`;
    case 'unpicture':
      return setPicture(core, null);
    case 'signup':
      await setSignUpMode(core, asked.mode);
      return { open: t`Everybody can sign up now.`, code: t`Signing up needs a code now.`, closed: t`Nobody can sign up now.` }[asked.mode];
    case 'code':
      await renewInviteCode(core, asked.code);
      return t`There is a new invitation code. The one before no longer works.`;
    default:
      throw asked satisfies never;
  }
}

async function setPicture(core: Core, picture: FileId | null): Promise<string> {
  const before = core.site.identity.picture;
  await core.site.setIcon(picture);
  await core.audit.record({ act: 'site_changed', detail: picture === null ? 'picture removed' : 'picture' });
  if (before !== null)
    await core.store.files
      .remove(before)
      .catch((error) => core.logger.warn({ err: error }, 'the former picture of the site was not removed'));
  return picture === null ? t`The site has the picture of Parley again.` : t`The picture of the site is changed.`;
}

async function showSite(ctx: Context, { core, views }: RouteContext, error: FieldError | null = null): Promise<void> {
  noTransform(ctx); // the page shows the invitation code
  renderPage(ctx, views, 'admin/site.njk', t`Site`, {
    mode: await signUpMode(core),
    isModeSet: core.config.signup !== undefined,
    isNameSet: core.config.siteName !== undefined,
    inviteCode: (await inviteCode(core)) ?? null,
    error,
  });
}
