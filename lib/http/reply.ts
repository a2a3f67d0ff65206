import type { Context } from 'koa';
import type { Views } from '../views/render.ts';
import { isHtmx, stateOf } from './context.ts';
import { type Problem, problemOf } from './errors.ts';
import { problemFormat, responseFormat } from './format.ts';
import { takeFlash } from './session.ts';

/** Locals that every page has, and those of this one. */
export function renderPage(ctx: Context, views: Views, template: string, title: string, locals: object = {}): void {
  ctx.type = 'html';
  ctx.body = views.render(template, { ...pageLocals(ctx, title), ...locals });
}

function pageLocals(ctx: Context, title: string): object {
  const { viewer, nonce } = stateOf(ctx);
  const user = viewer?.user;
  return {
    title,
    nonce,
    path: ctx.path,
    flash: takeFlash(ctx),
    viewer: user ? { id: user.id, name: user.name, color: user.color, admin: user.admin } : null,
  };
}

/** Pages of signed-in people are nobody else's and change with who asks and how. */
export function noStore(ctx: Context): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.vary('Accept, HX-Request, Cookie');
}

/**
 * For a page that shows a secret: neither this server nor a proxy compresses it. Otherwise its length would tell of the secret to whoever
 * chooses another part of the page. Not stored either, as by `noStore`.
 */
export function noTransform(ctx: Context): void {
  noStore(ctx);
  ctx.set('Cache-Control', 'no-store, no-transform');
}

/** What a response says in each format. */
export type Bodies = {
  /** Writes a page, a fragment or a redirect. Where there is none, JSON stands in for it. */
  readonly html?: () => void | Promise<void>;
  readonly json: () => unknown;
  /** Text for shells; null is 204. Where there is none, JSON stands in for it. */
  readonly text?: () => string | null | Promise<string | null>;
};

/** Responds in the format that `Accept` asks for. The response is not stored by caches. */
export async function respond(ctx: Context, { html, json, text }: Bodies): Promise<void> {
  noStore(ctx);
  const format = responseFormat(ctx);
  if (format === 'html' && html) return html();
  if (format !== 'text' || !text) {
    ctx.body = await json();
    return;
  }
  ctx.type = 'text/plain';
  ctx.body = await text();
}

/** A part of a page, for htmx. */
export function renderFragment(ctx: Context, views: Views, template: string, locals: object): void {
  ctx.type = 'html';
  ctx.body = views.render(template, locals);
}

/** Shows a form again whose submission was refused, to a client that asks for HTML. Errors: any other client gets the refusal itself. */
export async function showRefused(ctx: Context, refusal: unknown, show: (error: FieldError) => Promise<void>): Promise<void> {
  if (problemFormat(ctx) !== 'html') throw refusal;
  await show(fieldError(ctx, refusal));
}

type Manner = { readonly mayRedirect: boolean; readonly typed: Readonly<Record<string, unknown>> | undefined };

/**
 * Responds with an error in the format that the client asks for. A client that asks for HTML without being logged in is redirected to the
 * log-in page; with `mayRedirect` false none is: streams and webhooks never redirect. `typed`: the fields of a form that may be sent again.
 */
export function replyProblem(ctx: Context, views: Views, error: unknown, how: Manner): Problem {
  const problem = problemOf(error);
  ctx.status = problem.status;
  noStore(ctx);
  if (problem.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  // Not beside a page with a form: lynx would show nothing of it.
  if (problem.status === 401 && (problemFormat(ctx) !== 'html' || ctx.get('Authorization') !== '')) ctx.set('WWW-Authenticate', 'Bearer');
  writeProblem(ctx, views, problem, how);
  return problem;
}

/** An error for programs, RFC 9457. `requestId`: under which the server's log has it. */
export const problemJson = ({ status, code, heading, message, field }: Problem, requestId: string) => ({
  type: 'about:blank' as const,
  ...{ title: heading, status, code, detail: message },
  ...(field === undefined ? {} : { field }),
  request_id: requestId,
});

function writeProblem(ctx: Context, views: Views, problem: Problem, { mayRedirect, typed }: Manner): void {
  const { requestId } = stateOf(ctx);
  const { status, heading, message } = problem;
  const format = problemFormat(ctx);
  if (format === 'json' || format === 'stream') {
    ctx.body = JSON.stringify(problemJson(problem, requestId));
    ctx.type = 'application/problem+json';
  } else if (format === 'text') {
    ctx.type = 'text/plain';
    ctx.body = `${message}\n`;
  } else if (isHtmx(ctx)) {
    renderFragment(ctx, views, '_error.njk', { status, heading, message, requestId });
  } else if (mayRedirect && status === 401 && ctx.get('Authorization') === '' && (ctx.method === 'GET' || ctx.method === 'HEAD')) {
    ctx.redirect(`/login?return_to=${encodeURIComponent(ctx.originalUrl)}`);
    ctx.status = 303;
  } else {
    renderPage(ctx, views, 'error.njk', heading, { status, heading, message, requestId, back: backOf(ctx), again: againOf(ctx, typed) });
    ctx.status = status;
  }
}

/** The text that somebody wrote, to send it again from the error page; with the same nonce, since it may have arrived. */
function againOf(ctx: Context, { body, key }: Manner['typed'] = {}): { action: string; body: string; key: string | null } | null {
  if (typeof body !== 'string') return null;
  return { action: ctx.path, body, key: typeof key === 'string' && key !== '' ? key : null };
}

const backOf = (ctx: Context): string => (stateOf(ctx).viewer ? '/groups' : '/');

/** 303: after a form, so that a reload does not send it again. */
export function seeOther(ctx: Context, url: string): void {
  ctx.redirect(url);
  ctx.status = 303;
}

/** A path on this site to go back to, or the fallback: never another site's. */
export function safeReturn(path: string | undefined, fallback: string): string {
  if (path === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes('\\')) return fallback;
  const url = new URL(path, 'http://here.invalid');
  const isHere = url.host === 'here.invalid' && !url.pathname.startsWith('//'); // what `/.//evil` becomes
  return isHere ? url.pathname + url.search + url.hash : fallback;
}

export type FieldError = { readonly field: string; readonly message: string };

/** Sets the status of an expected error and says where in the form it belongs; anything else is thrown on. */
export function fieldError(ctx: Context, error: unknown): FieldError {
  const problem = problemOf(error);
  if (problem.isUnexpected) throw error;
  // A page with a form is no challenge (RFC 9110, section 15.5.2, wants a WWW-Authenticate with 401): lynx would show nothing of it.
  ctx.status = problem.status === 401 ? 422 : problem.status;
  if (problem.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  return { field: problem.field ?? '', message: problem.message };
}
