import type { Middleware } from 'koa';
import type { Core } from '../../core.ts';
import { forbidden, unauthenticated } from '../../errors.ts';
import { stateOf } from '../../http/context.ts';
import { problemFormat } from '../../http/format.ts';
import { seeOther } from '../../http/reply.ts';
import { keepPending } from '../../http/session.ts';
import { isStrongSession } from '../../http/session-data.ts';
import { t } from '../../language/text.ts';
import { needsSecondFactor } from '../../required-factor.ts';
import { proofOf, SECOND_FACTOR } from '../begin-session.ts';
import { endSession } from '../operations.ts';
import { factorsOf, hasFactor } from './operations.ts';

/** Where a second factor is set up. */
export const SETTINGS = '/settings/second-factor';
/** What somebody may do who has to set one up. */
const SETTING_UP = new Set([SETTINGS, '/settings/passkeys/options', '/settings/password', '/logout']);

/**
 * With REQUIRE_SECOND_FACTOR, people who must have a second factor get nothing but the page that sets one up. Who has one already, in a session
 * that began without it, gives it first.
 */
export const requireSecondFactor =
  (core: Core): Middleware =>
  async (ctx, next) => {
    const { viewer } = stateOf(ctx);
    if (viewer?.via !== 'session' || !needsSecondFactor(core.config, viewer.user) || isStrongSession(ctx)) return next();
    const isPage = problemFormat(ctx) === 'html' && (ctx.method === 'GET' || ctx.method === 'HEAD');
    if (!hasFactor(await factorsOf(core, viewer.user.id))) {
      if (SETTING_UP.has(ctx.path)) return next();
      if (isPage) return seeOther(ctx, SETTINGS);
      throw forbidden(t`Your account must have a second factor. Set it up first: ${SETTINGS}`);
    }
    if (ctx.path === '/logout') return next();
    if (!isPage) throw unauthenticated(t`Log in again: your account needs a second factor.`);
    await endSession(core, viewer.user.id, viewer.ref);
    await keepPending(ctx, { user: viewer.user.id, proof: proofOf(core, viewer.user), at: core.now(), returnTo: ctx.originalUrl });
    seeOther(ctx, SECOND_FACTOR);
  };
