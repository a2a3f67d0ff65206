import type { Context } from 'koa';
import { z } from 'zod';
import { notFound } from '../errors.ts';
import { languageFor } from '../http/format.ts';
import { authenticate, sessionViewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { noStore, renderPage, respond, seeOther, writeJson } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { setLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { keysOf } from './keys.ts';
import { addDevice, deviceId, removeDevice, tryDevice } from './operations.ts';
import { deviceJson } from './presenter.ts';
import type { Outcome } from './sending.ts';

const text = z.string('must be text').max(2000, 'must have 2000 characters at most');
const subscriptionForm = z.object({ endpoint: text, keys: z.object({ p256dh: text, auth: text }, 'must have p256dh and auth') });
const endpointForm = z.object({ endpoint: text });
const deviceForm = z.object({ action: z.enum(['test', 'remove'], 'must be test or remove') });

const TEST_RESULTS: Readonly<Record<Outcome, () => string>> = {
  sent: () => t`Test notification sent. It should appear on that device in a moment.`,
  gone: () => t`That device no longer accepts notifications and was removed. Turn notifications on there again.`,
  failed: () => t`The push service of that browser refused the notification. Try again later.`,
};

/** Push subscriptions of a person's browsers. Needs a session, because a subscription ends with it. */
export function pushRoutes({ core }: Pick<RouteContext, 'core'>): Router {
  const router = new Router();

  router.get('/settings/push', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    await respond(ctx, {
      html: () => seeOther(ctx, '/settings#notifications'),
      json: async () => {
        const [keys, devices] = await Promise.all([keysOf(core), core.store.push.ofUser(user.id)]);
        return { key: keys?.publicKey ?? null, devices: devices.map(deviceJson) };
      },
    });
  });

  router.post('/settings/push', async (ctx) => {
    const { user, ref } = sessionViewerOf(ctx);
    const subscription = await parse(subscriptionForm, ctx);
    const device = await addDevice(core, user.id, subscription, { session: ref, userAgent: ctx.get('User-Agent').slice(0, 500) });
    noStore(ctx);
    ctx.status = 201;
    writeJson(ctx, deviceJson(device));
  });

  router.delete('/settings/push', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { endpoint } = await parse(endpointForm, ctx);
    noStore(ctx);
    if (!(await removeDevice(core, user.id, deviceId(URL.parse(endpoint)?.href ?? endpoint)))) throw notFound(t`There is no such device.`);
    ctx.status = 204;
  });

  router.post('/settings/push/:id', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { action } = await parse(deviceForm, ctx);
    const id = String(ctx.params.id);
    if (action === 'test') setFlash(ctx, TEST_RESULTS[await tryDevice(core, user.id, id)]());
    else if (await removeDevice(core, user.id, id)) setFlash(ctx, t`Device removed. It gets no more notifications.`);
    else throw notFound(t`There is no such device.`);
    seeOther(ctx, '/settings#notifications');
  });
  return router;
}

/** The installed app: manifest, service worker, and the page that it shows without the network. */
export function appRoutes({ core, views }: Pick<RouteContext, 'core' | 'views'>): Router {
  const { asset, assets } = views;
  const router = new Router();
  const scope = `${core.config.basePath}/`;
  /** These routes come before the session. */
  const languageOf = async (ctx: Context) => languageFor(ctx, (await authenticate(ctx, core, core.lookupCache))?.user);

  // At the root, because that is its scope; without a hash in its URL, so it must be revalidated. In the reader's language, with the files of that one:
  // browsers install it anew when the person has chosen another.
  router.get('/sw.js', async (ctx) => {
    const { headers, body } = assets.get(assets.url('sw.js', await languageOf(ctx)), '') ?? {};
    ctx.set({ 'Content-Type': headers?.['Content-Type'] ?? '', 'Cache-Control': 'no-cache', Vary: 'Accept-Language, Cookie' });
    ctx.body = body;
  });

  router.get('/offline', async (ctx) => {
    noStore(ctx);
    setLanguage(await languageOf(ctx));
    renderPage(ctx, views, 'push/offline.njk', t`Offline`);
  });

  router.get('/manifest.webmanifest', async (ctx) => {
    setLanguage(await languageOf(ctx));
    const icon = (path: string, sizes: string, purpose: string) => ({
      src: asset(`icons/${path}`),
      type: 'image/png',
      sizes,
      purpose,
    });
    const { icon: own, small } = core.site.identity;
    const ownIcon = (src: string, sizes: string) => ({ src: core.config.basePath + src, type: 'image/webp', sizes, purpose: 'any' });
    const ownIcons = () => own && small && [ownIcon(own, '256x256'), ownIcon(small, '96x96')];
    const screenshot = (path: string, sizes: string, form_factor: string, label: string) => ({
      src: asset(`screenshots/${path}`),
      type: 'image/png',
      ...{ sizes, form_factor, label },
    });
    ctx.set({ 'Content-Type': 'application/manifest+json; charset=utf-8', 'Cache-Control': 'no-cache', Vary: 'Accept-Language, Cookie' });
    ctx.body = JSON.stringify({
      id: scope,
      name: core.site.identity.name,
      short_name: core.site.identity.name,
      description: t`Group chat`,
      start_url: `${core.config.basePath}/groups`,
      scope,
      display: 'standalone',
      theme_color: '#0f6b64',
      background_color: '#faf9f6',
      icons: ownIcons() ?? [
        icon('icon-192.png', '192x192', 'any'),
        icon('icon-512.png', '512x512', 'any'),
        icon('maskable-512.png', '512x512', 'maskable'),
      ],
      shortcuts: [
        { name: t`Direct messages`, url: `${scope}direct` },
        { name: t`Saved messages`, url: `${scope}saved` },
        { name: t`Search`, url: `${scope}search` },
      ],
      share_target: {
        action: `${scope}share`,
        method: 'POST',
        enctype: 'multipart/form-data',
        params: { title: 'title', text: 'text', url: 'url', files: [{ name: 'attachment', accept: ['*/*'] }] },
      },
      screenshots: [
        screenshot('phone.png', '780x1688', 'narrow', t`A conversation on a phone`),
        screenshot('desktop.png', '1280x800', 'wide', t`A conversation with the list of groups`),
      ],
    });
  });
  return router;
}
