import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { asGroupId, type GroupId } from '../ids.ts';
import type { Look, Views } from '../views/render.ts';
import { isHtmx, stateOf } from './context.ts';
import { type Problem, problemOf } from './errors.ts';
import { problemFormat, responseFormat } from './format.ts';
import type { RouteContext } from './route-context.ts';
import { takeFlash } from './session-data.ts';

/** `sidebar`: the list of groups, if the caller has read it. `group`: the group that the page is about. */
type PageLocals = { readonly sidebar?: unknown; readonly group?: unknown; readonly [name: string]: unknown };

/**
 * Renders a page with the locals of every page and `locals`. A page of somebody who is logged in is rendered after the handler, when `finishPage` has
 * read the list of their groups.
 */
export function renderPage(ctx: Context, views: Views, template: string, title: string, locals: PageLocals = {}): void {
  ctx.type = 'html';
  const all = { ...pageLocals(ctx, title), ...locals };
  const state = stateOf(ctx);
  delete state.page;
  if (!state.viewer || locals.sidebar) ctx.body = views.render(template, all);
  else state.page = { group: idOf(locals.group), render: (shell) => views.render(template, { ...all, ...shell }) };
}

const idOf = (group: unknown): GroupId | undefined =>
  typeof group === 'object' && group && 'id' in group && typeof group.id === 'string' ? asGroupId(group.id) : undefined;

/** Renders the page that a handler has asked for. Without the store it has no list of groups. */
export async function finishPage(ctx: Context, { core, readSidebar }: RouteContext): Promise<void> {
  const { page, viewer } = stateOf(ctx);
  if (!page || !viewer) return;
  delete stateOf(ctx).page;
  const sidebar = await readSidebar(viewer.user, page.group).catch((error: unknown) => {
    core.logger.warn({ err: error }, 'a page is shown without the list of groups');
    return { sections: [], waiting: '', current: '' };
  });
  ctx.body = page.render({ sidebar });
}

function pageLocals(ctx: Context, title: string): object {
  const { viewer, nonce } = stateOf(ctx);
  const user = viewer?.user;
  return {
    title,
    nonce,
    path: ctx.path,
    flash: takeFlash(ctx),
    viewer: user ? viewerLocals(user) : null,
    look: lookOf(user),
  };
}

/** The choices of the reader that every page follows. */
export function lookOf(user: Pick<User, 'preferences'> | undefined): Look {
  const { theme, density, timeZone, clock, quiet } = user?.preferences ?? {};
  return {
    ...{ theme: theme ?? '', density: density ?? '', timeZone: timeZone ?? '', clock: clock ?? '' },
    quiet: quiet ? `${quiet.from} ${quiet.to} ${timeZone ?? 'UTC'}` : '',
  };
}

/** `name`: as others see it; `login`: for log-in and mentions. */
const viewerLocals = ({ id, name, displayName, color, admin }: User) => ({ id, name: displayName ?? name, login: name, color, admin });

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

/**
 * Sets a JSON body, as text: of an object Koa asks whether it is a web stream, a Blob or a Response, and the first of these questions loads all of
 * Node.js's fetch (30 ms of CPU time, 11 MB).
 */
export function writeJson(ctx: Context, body: object): void {
  if (!ctx.res.hasHeader('Content-Type')) ctx.type = 'json';
  ctx.body = JSON.stringify(body);
}

/** The body of a response in each format. */
type Bodies = {
  /** Writes a page, a fragment or a redirect. Without it, JSON is sent. */
  readonly html?: () => void | Promise<void>;
  readonly json: () => object | Promise<object>;
  /** Text for shells; null is 204. Without it, JSON is sent. */
  readonly text?: () => string | null | Promise<string | null>;
};

/** Responds in the format that `Accept` requests. Caches must not store the response. */
export async function respond(ctx: Context, { html, json, text }: Bodies): Promise<void> {
  noStore(ctx);
  const format = responseFormat(ctx);
  if (format === 'html' && html) return html();
  if (format !== 'text' || !text) {
    writeJson(ctx, await json());
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
  if (problem.status === 401 && (problemFormat(ctx) !== 'html' || ctx.get('Authorization') !== ''))
    ctx.set('WWW-Authenticate', stateOf(ctx).challenge ?? 'Bearer');
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
  const asked = problemFormat(ctx);
  const format = status === 421 && asked === 'html' ? 'text' : asked; // no page: its styles and links would be refused as well
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

type Resubmission = { readonly action: string; readonly body: string; readonly hidden: readonly { name: string; value: unknown }[] };

/** The submitted text, to send it again from the error page, with the same key, since the first request may have succeeded. */
function resubmissionOf(ctx: Context, typed: ProblemOptions['typed'] = {}): Resubmission | null {
  if (typeof typed.body !== 'string') return null;
  const hidden = ['key', 'reply_to', 'back'].map((name) => ({ name, value: typed[name] }));
  return { action: ctx.path, body: typed.body, hidden: hidden.filter(({ value }) => typeof value === 'string' && value !== '') };
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
