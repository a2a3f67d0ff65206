import { z } from 'zod';
import { notFound } from '../errors.ts';
import { parse } from '../http/input.ts';
import { noStore, renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { personOfToken, setDigest } from '../mail/digest.ts';

const emptyForm = z.object({});

/** The link in each digest, and the one click of a mail program (RFC 8058): a POST without cookies, by the same URL. */
export function digestRoutes({ core, views }: RouteContext): Router {
  const router = new Router();
  const userOf = (token: string | undefined): UserId => {
    const user = personOfToken(core, token ?? '');
    if (user === undefined) throw notFound(t`This link is not valid.`);
    return user;
  };

  // A page with a button: programs that look at links in mails open them.
  router.get('/unsubscribe/:token', (ctx) => {
    ctx.set('Referrer-Policy', 'strict-origin');
    noStore(ctx);
    userOf(ctx.params.token);
    renderPage(ctx, views, 'mail/unsubscribe.njk', t`No more digests`, { action: ctx.path, isDone: false });
  });

  router.post('/unsubscribe/:token', async (ctx) => {
    await parse(emptyForm, ctx);
    await setDigest(core, userOf(ctx.params.token), false);
    await respond(ctx, {
      html: () => renderPage(ctx, views, 'mail/unsubscribe.njk', t`No more digests`, { action: ctx.path, isDone: true }),
      json: () => ({ digest: false }),
      text: () => 'You get no more digests.\n',
    });
  });
  return router;
}
