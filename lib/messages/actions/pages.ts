import { DomainError } from '../../errors.ts';
import { roster } from '../../groups/roster.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { isHtmx, stateOf } from '../../http/context.ts';
import { problemOf } from '../../http/errors.ts';
import { problemFormat } from '../../http/format.ts';
import { fieldError, noStore, problemJson, renderFragment, renderPage } from '../../http/reply.ts';
import type { RouteContext } from '../../http/route-context.ts';
import type { Action, ActionField } from '../../log/action.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { showMessage } from '../pages.ts';
import { messageJson, presentRow } from '../presenter.ts';
import type { Ctx } from '../responses.ts';
import { contextOf } from '../threads/context.ts';
import { MAX_TEXT } from './forms.ts';
import { actionNamed } from './rules.ts';
import type { GivenValues } from './values.ts';

/** Above this number the name of a member is typed: a list would be too long. */
const MAX_LISTED = 200;

/** `values`: as typed before. */
type Shown = { readonly folded: FoldedMessage; readonly action: Action; readonly values?: GivenValues | undefined };

/** The form of an action: a fragment for htmx, otherwise a page. `error`: of a refused form. */
export async function showActionForm(
  ctx: Ctx,
  { core, views }: RouteContext,
  at: GroupAccess,
  { folded, action, values = {} }: Shown,
  error?: unknown,
): Promise<void> {
  noStore(ctx);
  const refused = error === undefined ? undefined : fieldError(ctx, error);
  const { id, label, style = '', confirm = null, fields = [] } = action;
  const members = fields.some(({ type }) => type === 'member') ? await membersOf(core, at) : undefined;
  const form = {
    ...{ slug: at.group.slug, seq: folded.message.seq, rev: folded.rev, id, label, style, confirm },
    fields: fields.map((field) => presentField(field, values, members)),
    error: refused ? { field: refused.field.replace(/^values\./, ''), message: refused.message } : null,
  };
  if (isHtmx(ctx)) renderFragment(ctx, views, 'messages/_action-form.njk', { form });
  else renderPage(ctx, views, 'messages/action.njk', label, { group: at.group, form });
}

type Option = { readonly text: string; readonly value: string };

/** People who can be chosen; undefined when they are too many. */
async function membersOf(core: RouteContext['core'], at: GroupAccess): Promise<readonly Option[] | undefined> {
  const people = (await roster(core, at.group.id)).filter(({ bot }) => !bot);
  if (people.length > MAX_LISTED) return undefined;
  return people.map(({ id, shownName }) => ({ text: shownName, value: id })).sort((a, b) => a.text.localeCompare(b.text));
}

/** A field for templates/messages/_action-form.njk. `kind`: of its control. */
function presentField(field: ActionField, values: GivenValues, members: readonly Option[] | undefined) {
  const { id, label, type, optional, hint = null, initial = '', max = MAX_TEXT, multiline, options = members ?? [] } = field;
  const isList = type === 'select' || (type === 'member' && members !== undefined);
  const kind = isList ? 'select' : type === 'date' ? 'date' : multiline ? 'textarea' : 'text';
  return {
    ...{ id, label, kind, hint, max: type === 'text' ? max : 100, required: optional !== true },
    value: (Object.hasOwn(values, id) ? values[id] : undefined) ?? initial,
    options: isList ? options : [],
    isName: type === 'member' && !isList,
  };
}

/** The use that is refused. */
type Refused = { readonly seq: number; readonly id: string; readonly values?: GivenValues };

/**
 * Responds to a use that is refused. Because of its values: the form again, for browsers without htmx. Because the action cannot be used: the message as it is
 * now with the reason, as its row or page, and with 409 in JSON. Rethrows everything else.
 */
export async function showRefusal(
  ctx: Ctx,
  deps: RouteContext,
  at: GroupAccess,
  { seq, id, values }: Refused,
  error: unknown,
): Promise<void> {
  const code = error instanceof DomainError ? error.code : undefined;
  const isHtml = problemFormat(ctx) === 'html';
  if (code === 'conflict' || (code === 'forbidden' && isHtml)) return showPresent(ctx, deps, at, seq, error);
  if (code === undefined || !isHtml || isHtmx(ctx) || !['invalid', 'tooMany', 'unavailable'].includes(code)) throw error;
  const folded = await readMessage(deps.core, at.group.id, seq);
  const action = actionNamed(folded, id);
  if (!action?.fields) throw error;
  await showActionForm(ctx, deps, at, { folded, action, values }, error);
}

async function showPresent(ctx: Ctx, deps: RouteContext, at: GroupAccess, seq: number, error: unknown): Promise<void> {
  const { core, views } = deps;
  const problem = problemOf(error);
  const folded = await readMessage(core, at.group.id, seq);
  noStore(ctx);
  ctx.status = problem.status;
  const format = problemFormat(ctx);
  if (format === 'html' && !isHtmx(ctx)) return showMessage(ctx, deps, at, folded, problem.message);
  if (format === 'text') throw error;
  const context = await contextOf(core, folded);
  if (format === 'html') {
    const row = await presentRow(core, folded, at.group, context);
    return renderFragment(ctx, views, 'messages/_row.njk', { row: { ...row, notice: problem.message } });
  }
  const message = await messageJson(core, folded, at.group, context, at.user.id);
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify({ ...problemJson(problem, stateOf(ctx).requestId), message });
}
