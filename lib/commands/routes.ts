import { openGroup } from '../groups/operations.ts';
import { viewerOf } from '../http/identity.ts';
import { renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { builtinCommands } from './builtin.ts';

/** A command as JSON. */
export const commandJson = ({ name, hint, help }: { readonly name: string; readonly hint: string; readonly help: string }) => ({
  ...{ name, hint, help },
});

/** The page that lists the commands of a group. */
export function commandRoutes({ core, views }: RouteContext): Router {
  const router = new Router();
  router.get('/groups/:slug/commands', async (ctx) => {
    const { group } = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    const commands = builtinCommands().map(commandJson);
    await respond(ctx, {
      html: () => renderPage(ctx, views, 'commands/list.njk', t`Commands in ${group.name}`, { group, commands }),
      json: () => commands,
      text: () => commands.map(({ name, hint, help }) => `/${name}${hint === '' ? '' : ` <${hint}>`}: ${help}\n`).join(''),
    });
  });
  return router;
}
