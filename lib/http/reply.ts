import type { Context } from 'koa';
import type { Views } from '../views/render.ts';
import { isHtmx, stateOf } from './context.ts';
import { type Problem, problemOf } from './errors.ts';
import { problemFormat, responseFormat } from './format.ts';
import { takeFlash } from './session.ts';

/** Renders a page with the locals of every page and `locals`. */
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

/** Forbids storing the response, which depends on the viewer and the format. */
export function noStore(ctx: Context): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.vary('Accept, HX-Request, Cookie');
}

/**
 * For a page that shows a secret: forbids compression by this server and by proxies, since the compressed length would reveal the secret to
 * someone who chooses another part of the page (BREACH). Forbids storing it, like `noStore`.
 */
export function noTransform(ctx: Context): void {
  noStore(ctx);
  ctx.set('Cache-Control', 'no-store, no-transform');
}

/** The body of a response in each format. */
export type Bodies = {
  /** Writes a page, a fragment or a redirect. Without it, JSON is sent. */
  readonly html?: () => void | Promise<void>;
  readonly json: () => unknown;
  /** Text for shells; null is 204. Without it, JSON is sent. */
  readonly text?: () => string | null | Promise<string | null>;
};

/** Responds in the format that `Accept` requests. Caches must not store the response. */
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

/** Shows a refused form again to a client that requests HTML. Throws the refusal for any other client. */
export async function showRefused(ctx: Context, refusal: unknown, show: (error: FieldError) => Promise<void>): Promise<void> {
  if (problemFormat(ctx) !== 'html') throw refusal;
  await show(fieldError(ctx, refusal));
}

type ProblemOptions = { readonly mayRedirect: boolean; readonly typed: Readonly<Record<string, unknown>> | undefined };

/**
 * Responds with an error in the format that the client requests. A client that requests HTML without being logged in is redirected to the
 * log-in page if `mayRedirect`; streams and webhooks never redirect. `typed`: the fields of a form that may be sent again.
 */
export function replyProblem(ctx: Context, views: Views, error: unknown, how: ProblemOptions): Problem {
  const problem = problemOf(error);
  ctx.status = problem.status;
  noStore(ctx);
  if (problem.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  // Not with an HTML page: lynx would not show the page.
  if (problem.status === 401 && (problemFormat(ctx) !== 'html' || ctx.get('Authorization') !== '')) ctx.set('WWW-Authenticate', 'Bearer');
  writeProblem(ctx, views, problem, how);
  return problem;
}

/** An error as JSON (RFC 9457). `requestId` identifies it in the server's log. */
export const problemJson = ({ status, code, heading, message, field }: Problem, requestId: string) => ({
  type: 'about:blank' as const,
  ...{ title: heading, status, code, detail: message },
  ...(field === undefined ? {} : { field }),
  request_id: requestId,
});

function writeProblem(ctx: Context, views: Views, problem: Problem, { mayRedirect, typed }: ProblemOptions): void {
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
    renderPage(ctx, views, 'error.njk', heading, {
      status,
      heading,
      message,
      requestId,
      back: backOf(ctx),
      again: resubmissionOf(ctx, typed),
    });
    ctx.status = status;
  }
}

/** The submitted text, to send it again from the error page, with the same key, since the first request may have succeeded. */
function resubmissionOf(
  ctx: Context,
  { body, key }: ProblemOptions['typed'] = {},
): { action: string; body: string; key: string | null } | null {
  if (typeof body !== 'string') return null;
  return { action: ctx.path, body, key: typeof key === 'string' && key !== '' ? key : null };
}

const backOf = (ctx: Context): string => (stateOf(ctx).viewer ? '/groups' : '/');

/** Redirects with 303 after a form, so that a reload does not send it again. */
export function seeOther(ctx: Context, url: string): void {
  ctx.redirect(url);
  ctx.status = 303;
}

/** The path if it is on this site, else the fallback. */
export function safeReturn(path: string | undefined, fallback: string): string {
  if (path === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes('\\')) return fallback;
  const url = new URL(path, 'http://here.invalid');
  const isHere = url.host === 'here.invalid' && !url.pathname.startsWith('//'); // such as of `/.//evil`
  return isHere ? url.pathname + url.search + url.hash : fallback;
}

export type FieldError = { readonly field: string; readonly message: string };

/** Sets the status of an expected error and returns its form field and message. Rethrows unexpected errors. */
export function fieldError(ctx: Context, error: unknown): FieldError {
  const problem = problemOf(error);
  if (problem.isUnexpected) throw error;
  // A 401 requires WWW-Authenticate (RFC 9110, section 15.5.2), with which lynx would not show the page.
  ctx.status = problem.status === 401 ? 422 : problem.status;
  if (problem.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(problem.retryAfterSeconds));
  return { field: problem.field ?? '', message: problem.message };
}
