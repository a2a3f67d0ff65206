import Router from '@koa/router';
import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { DomainError, notFound } from '../errors.ts';
import { standing } from '../groups/operations.ts';
import type { Standing } from '../groups/rules.ts';
import { idempotencyKey } from '../http/context.ts';
import { problemOf } from '../http/errors.ts';
import { decode, readRaw } from '../http/input.ts';
import type { Web } from '../http/web.ts';
import { cutText, isBlank } from '../messages/body.ts';
import { keyIn, post } from '../messages/operations.ts';
import { sha256 } from '../secrets.ts';
import { readPayload } from './payload.ts';

/** Slack's words for what went wrong: what its clients look for. */
const WORDS: Readonly<Record<string, string>> = {
  notFound: 'no_service',
  malformed: 'invalid_payload',
  invalid: 'no_text',
  forbidden: 'channel_is_archived',
  tooLarge: 'too_large',
  tooMany: 'rate_limited',
  keyReused: 'key_reused',
  unavailable: 'rollup_error',
};

/** Incoming webhooks: whoever knows the URL posts as its bot into its group. Never a redirect, never a page. */
export function hookRoutes({ core }: Pick<Web, 'core'>): Router {
  const router = new Router();
  for (const method of ['post', 'put'] as const)
    router[method]('/hooks/:token', async (ctx) => {
      try {
        await receive(ctx, core, ctx.params.token ?? '');
        ctx.body = 'ok'; // exactly these two bytes: several clients compare
      } catch (error) {
        refuse(ctx, core, error);
      }
      ctx.set('Cache-Control', 'no-store');
      ctx.type = 'text/plain';
    });
  router.all('/hooks/:token', (ctx) => {
    ctx.status = 405;
    ctx.set('Allow', 'POST, PUT');
    ctx.type = 'text/plain';
    ctx.body = 'A webhook is posted to: curl -d "hello" URL\n';
  });
  return router;
}

async function receive(ctx: Context, core: Core, token: string): Promise<void> {
  const at = await standingOf(core, token);
  const { text, username } = readPayload(decode(await readRaw(ctx.req)), ctx.get('Content-Type').toLowerCase());
  if (isBlank(text)) throw new DomainError('invalid', 'There is no text to show.');
  const key = idempotencyKey(ctx);
  await post(core, at, {
    body: cutText(text, core.config.maxBodyBytes),
    as: username === undefined ? undefined : cleanName(username),
    key: key === undefined ? undefined : keyIn('hook', key),
  });
}

/** A sender's name on one line, without what cannot be seen; undefined when nothing is left. */
const cleanName = (text: string): string | undefined =>
  text
    .toWellFormed()
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim() || undefined;

/** Whose hook it is and where it leads. Errors: `notFound` for anything that does not stand: the token, the bot, its membership. */
async function standingOf(core: Core, text: string): Promise<Standing> {
  const token = /^[A-Za-z0-9]{32,128}$/.test(text) ? await core.store.tokens.byHash(sha256(text)) : undefined;
  if (token?.kind !== 'hook' || token.group === null) throw notFound();
  const [user, group] = await Promise.all([core.store.users.byId(token.user), core.store.groups.byId(token.group)]);
  if (!user || user.disabled || !group) throw notFound();
  return standing(core, user, group);
}

function refuse(ctx: Context, core: Core, error: unknown): void {
  const problem = problemOf(error);
  if (problem.isOurs) core.log.error({ err: error }, 'webhook failed');
  ctx.status = problem.code === 'invalid' ? 400 : problem.code === 'forbidden' ? 410 : problem.status;
  if (problem.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  ctx.body = problem.field === 'key' && problem.code === 'invalid' ? 'invalid_key' : (WORDS[problem.code] ?? 'rollup_error');
}
