import type { Context } from 'koa';
import { z } from 'zod';
import { addClient, MAX_CLIENTS, removeClient } from '../accounts/oauth/clients.ts';
import type { OAuthClient } from '../accounts/oauth/port.ts';
import { notFound } from '../errors.ts';
import { flag, shortText, text } from '../http/fields.ts';
import { adminOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { type FieldError, noStore, noTransform, renderPage, seeOther, showRefused } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { setFlash } from '../http/session-data.ts';
import { t } from '../language/text.ts';
import { askFirst, sure } from './confirm.ts';

/** `redirect`: one URI a line. */
const form = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('add'),
    name: shortText,
    redirect: text.max(6000, 'must have 6000 characters at most'),
    secret: flag.default(false),
  }),
  z.object({ action: z.literal('remove'), id: shortText, sure }),
]);
type Adding = Extract<z.infer<typeof form>, { readonly action: 'add' }>;

const HERE = '/admin/programs';

/** For administrators: the programs that people may connect by OAuth. */
export function adminProgramRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.get(HERE, async (ctx) => {
    adminOf(ctx);
    await show(ctx, deps);
  });

  router.post(HERE, async (ctx) => {
    const { user } = adminOf(ctx);
    const asked = await parse(form, ctx);
    if (asked.action === 'add') return add(ctx, deps, asked);
    if (asked.sure === undefined) return askFirst(ctx, deps, removalOf(await clientOf(deps, asked.id)));
    const { name } = await removeClient(core, user.id, asked.id);
    setFlash(ctx, t`${name} is removed, and disconnected from everybody.`);
    seeOther(ctx, HERE);
  });
  return router;
}

async function add(ctx: Context, deps: RouteContext, { name, redirect, secret: hasSecret }: Adding): Promise<void> {
  try {
    const redirectUris = redirect.split(/\s+/).filter(Boolean);
    const { client, secret = null } = await addClient(deps.core, { name, redirectUris, hasSecret });
    await show(ctx, deps, { added: { id: client.id, name: client.name, secret } });
  } catch (error) {
    await showRefused(ctx, error, (reason) => show(ctx, deps, { adding: { name, redirect, secret: hasSecret, error: reason } }));
  }
}

async function clientOf({ core }: RouteContext, id: string): Promise<OAuthClient> {
  const client = await core.store.oauthClients.byId(id);
  if (!client) throw notFound(t`There is no such program.`);
  return client;
}

const removalOf = ({ id, name }: OAuthClient) => ({
  title: t`Remove ${name}?`,
  lost: [t`Whoever has connected it must connect another program.`],
  action: HERE,
  fields: { action: 'remove', id },
  label: t`Remove`,
  back: HERE,
});

type Shown = {
  readonly added?: { readonly id: string; readonly name: string; readonly secret: string | null };
  readonly adding?: Omit<Adding, 'action'> & { readonly error: FieldError };
};

async function show(ctx: Context, { core, views }: RouteContext, { added, adding }: Shown = {}): Promise<void> {
  noStore(ctx);
  const programs = await core.store.oauthClients.listAdded(MAX_CLIENTS);
  renderPage(ctx, views, 'admin/programs.njk', t`Programs`, {
    programs: programs.map(({ secret, ...shown }) => ({ ...shown, hasSecret: secret !== null })),
    added: added ?? null,
    adding: adding ?? { name: '', redirect: '', secret: false, error: null },
  });
  if (added) noTransform(ctx);
}
