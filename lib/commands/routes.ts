import type { Context } from 'koa';
import type { Profile } from '../core.ts';
import { DomainError } from '../errors.ts';
import { openGroup } from '../groups/operations.ts';
import { viewerOf } from '../http/identity.ts';
import { parse } from '../http/input.ts';
import { renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { builtinCommands } from './builtin.ts';
import { COMMAND_NAME, commandForm } from './forms.ts';
import type { BotCommand, CommandScope } from './port.ts';
import { botCommandsIn, MAX_COMMANDS, registerCommand, removeCommand } from './registry.ts';

type Ctx = Context & { params: Record<string, string | undefined> };
type Described = { readonly name: string; readonly hint: string; readonly help: string };

/** A command as JSON. `bot`: who answers it; null for one that is built in. */
export const commandJson = ({ name, hint, help }: Described, bot: Pick<Profile, 'id' | 'name'> | null) => ({
  ...{ name, hint, help, bot: bot && { id: bot.id, name: bot.name } },
});

/** A command of the bot that asks, as JSON. `group`: the slug; null for every group that the bot is in. */
export const ownCommandJson = ({ name, hint, help, shown }: BotCommand, group: string | null) => ({ name, hint, help, shown, group });

/** The commands of a group, and those by which bots register theirs. */
export function commandRoutes({ core, views }: RouteContext): Router {
  const router = new Router();

  router.get('/groups/:slug/commands', async (ctx) => {
    const { group } = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    const ofBots = await botCommandsIn(core, group.id);
    const profiles = await core.directory.profiles(ofBots.map(({ bot }) => bot));
    const commands = [
      ...builtinCommands().map((command) => commandJson(command, null)),
      ...ofBots.map((command) => commandJson(command, profiles.get(command.bot) ?? null)),
    ];
    await respond(ctx, {
      html: () => renderPage(ctx, views, 'commands/list.njk', t`Commands in ${group.name}`, { group, commands }),
      json: () => commands,
      text: () => commands.map(({ name, hint, help }) => `/${name}${hint === '' ? '' : ` <${hint}>`}: ${help}\n`).join(''),
    });
  });

  const register = async (ctx: Ctx, group: CommandScope, slug: string | null): Promise<void> => {
    const name = nameOf(ctx);
    const { command, isNew } = await registerCommand(core, viewerOf(ctx).user, { group, name }, await parse(commandForm, ctx));
    ctx.status = isNew ? 201 : 200;
    await respond(ctx, { json: () => ownCommandJson(command, slug), text: () => `/${name}\n` });
  };
  router.put('/groups/:slug/commands/:command', async (ctx) => {
    const { group } = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    await register(ctx, group.id, group.slug);
  });
  router.delete('/groups/:slug/commands/:command', async (ctx) => {
    const { group, user } = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    await removeCommand(core, user, group.id, nameOf(ctx));
    ctx.status = 204;
  });
  router.put('/commands/:command', (ctx) => register(ctx, '', null));
  router.delete('/commands/:command', async (ctx) => {
    await removeCommand(core, viewerOf(ctx).user, '', nameOf(ctx));
    ctx.status = 204;
  });

  router.get('/commands', async (ctx) => {
    const { user } = viewerOf(ctx);
    const mine = await core.store.commands.listOf(user.id, MAX_COMMANDS);
    const groups = await core.store.groups.byIds([...new Set(mine.flatMap(({ group }) => (group === '' ? [] : [group])))]);
    const slugs = new Map<CommandScope, string>(groups.map(({ id, slug }) => [id, slug]));
    const commands = mine.map((command) => ownCommandJson(command, slugs.get(command.group) ?? null));
    await respond(ctx, { json: () => commands, text: () => commands.map(({ name }) => `/${name}\n`).join('') });
  });
  return router;
}

/** Errors: `malformed` (name). */
function nameOf({ params: { command: name = '' } }: Ctx): string {
  if (!COMMAND_NAME.test(name))
    throw new DomainError('malformed', t`A command has 1 to 32 characters of a-z 0-9 -, and begins with a letter.`, { field: 'name' });
  return name;
}
