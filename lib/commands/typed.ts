import type { Context } from 'koa';
import { parseTimeZone } from '../accounts/preferences.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { isHtmx, stateOf } from '../http/context.ts';
import { responseFormat } from '../http/format.ts';
import { viewerOf } from '../http/identity.ts';
import { seeOther } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { setFlash } from '../http/session-data.ts';
import type { UserId } from '../ids.ts';
import type { Action } from '../log/action.ts';
import type { Outcome } from './builtin.ts';
import { commandIn } from './command.ts';
import { runCommand } from './run.ts';

type Done = Extract<Outcome, { readonly said: string }>;
type Typed = {
  readonly body: string;
  readonly format?: string | undefined;
  readonly command?: { readonly name: string; readonly bot: UserId };
  readonly actions?: readonly Action[] | undefined;
};

/**
 * Runs the command that a person has typed in the form of a page. Resolves to what is to be posted, the same when it is no command; undefined once the
 * command is done and the request is answered. Of programs, and with files, every text is a text. Errors: those of runCommand.
 */
export async function afterCommand<T extends Typed>(
  ctx: Context,
  { core }: RouteContext,
  at: GroupAccess,
  typed: T,
  files: number,
): Promise<T | undefined> {
  const isPage = viewerOf(ctx).via === 'session' && responseFormat(ctx) === 'html';
  const command = isPage && files === 0 ? commandIn(typed.body) : undefined;
  if (!command) return typed;
  const outcome = await runCommand(core, at, command, zoneOf(ctx));
  if ('body' in outcome) return { ...typed, ...outcome, format: 'markdown' };
  if ('command' in outcome) return { ...typed, command: outcome.command };
  respondToCommand(ctx, at, outcome);
  return undefined;
}

/** The zone that the reader has chosen, else that of the browser, which the page's script enters into the form. */
function zoneOf(ctx: Context): string {
  const { time_zone: given } = stateOf(ctx).fields ?? {};
  return viewerOf(ctx).user.preferences?.timeZone ?? (typeof given === 'string' ? parseTimeZone(given) : undefined) ?? 'UTC';
}

/** A page with scripts says it and goes on (static/js/composer.js); others are sent to the group's page, or where the command leads. */
function respondToCommand(ctx: Context, { group }: GroupAccess, { said, url }: Done): void {
  if (isHtmx(ctx)) {
    ctx.status = 204;
    ctx.set('HX-Trigger', inAscii(JSON.stringify({ 'parley:done': { said, url: url ?? null } })));
    return;
  }
  setFlash(ctx, said);
  seeOther(ctx, url ?? `/groups/${group.slug}`);
}

/** JSON for a header: https://www.rfc-editor.org/rfc/rfc9110#section-5.5 allows ASCII only. */
const inAscii = (json: string): string =>
  json.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
