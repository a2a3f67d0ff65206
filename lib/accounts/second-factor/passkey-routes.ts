import { z } from 'zod';
import type { Core } from '../../core.ts';
import { DomainError, invalid } from '../../errors.ts';
import { siteUrlOf } from '../../http/context.ts';
import { returnPath, shortText } from '../../http/fields.ts';
import { sessionViewerOf } from '../../http/identity.ts';
import { parse } from '../../http/input.ts';
import { noStore, seeOther, showRefused, writeJson } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { knownAs } from '../../http/session.ts';
import { keepChallenge, setFlash, takeChallenge } from '../../http/session-data.ts';
import { beginSession, SECOND_FACTOR } from '../begin-session.ts';
import type { User } from '../port.ts';
import { addressCounts, countAttempt, factorCount, takeBack } from '../throttle.ts';
import { pendingOf } from './log-in-routes.ts';
import { answer, signedByPasskey } from './passkey-forms.ts';
import { checkPasskey, creationOptions, passkeySite, requestOptions } from './passkeys.ts';
import { confirmPerson } from './routes.ts';

const proofForm = z.object({ current: shortText.default('') });
const emptyForm = z.object({});
const logInForm = z.object({ response: answer, return_to: returnPath.default('') });

/** What the page's script asks for, and the log-in by a passkey: as the second factor, or alone. */
export function passkeyRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  router.post('/settings/passkeys/options', async (ctx) => {
    const { user } = sessionViewerOf(ctx);
    const { current } = await parse(proofForm, ctx);
    await confirmPerson(core, user, current);
    const options = await creationOptions(core, user, passkeySite(siteUrlOf(ctx, core.config)));
    keepChallenge(ctx, { of: 'create', value: options.challenge, at: core.now() });
    noStore(ctx);
    writeJson(ctx, options);
  });

  router.post('/login/passkey/options', async (ctx) => {
    await parse(emptyForm, ctx);
    const pending = await pendingOf(ctx, core);
    const options = await requestOptions(core, passkeySite(siteUrlOf(ctx, core.config)), pending?.person);
    keepChallenge(ctx, { of: 'get', value: options.challenge, at: core.now() });
    noStore(ctx);
    writeJson(ctx, options);
  });

  router.post('/login/passkey', async (ctx) => {
    const form = await parse(logInForm, ctx);
    const pending = await pendingOf(ctx, core);
    const challenge = takeChallenge(ctx, 'get', core.now());
    try {
      const site = passkeySite(siteUrlOf(ctx, core.config));
      const counts = pending ? [factorCount(pending.user, knownAs(ctx, core) === pending.user)] : addressCounts(ctx.ip);
      await countAttempt(core, counts);
      const user = await checked(core, pending?.person, () =>
        checkPasskey(core, site, { challenge, response: signedByPasskey(form.response), person: pending?.person }),
      );
      takeBack(core, counts);
      await beginSession(ctx, core, user, { returnTo: pending?.returnTo ?? form.return_to, isStrong: true, idToken: pending?.idToken });
    } catch (error) {
      await showRefused(ctx, error, async ({ message }) => {
        setFlash(ctx, message, 'error');
        seeOther(ctx, pending ? SECOND_FACTOR : '/login');
      });
    }
  });
  return router;
}

/** Records a refusal. */
async function checked(core: Core, person: User | undefined, check: () => Promise<User>): Promise<User> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid') {
      core.securityLog.record({ event: 'login_failed', user: person?.id, detail: 'passkey' });
      throw invalid('response', error.message);
    }
    throw error;
  }
}
