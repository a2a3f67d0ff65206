import { z } from 'zod';
import { openGroup } from '../groups/operations.ts';
import { shortText } from '../http/fields.ts';
import { viewerOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { readMessage } from '../log/history.ts';
import { EMOJI_PARTS, listEmoji } from '../markup/emoji.ts';
import { type Ctx, seqOf } from './responses.ts';

const query = z.object({ q: shortText.default(''), part: z.string().default('') });

/** Choosing an emoji without JavaScript: for a reaction to a message, or for a new message. */
export function emojiRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();

  const show = async (ctx: Ctx, seq?: number): Promise<void> => {
    const { group } = await openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
    if (seq !== undefined) await readMessage(core, group.id, seq);
    const { q, part } = parseQuery(query, ctx);
    const words = q
      .toLowerCase()
      .split(/[\s_:]+/)
      .filter((word) => word !== '');
    const shown = EMOJI_PARTS.includes(part) ? part : EMOJI_PARTS[0];
    noStore(ctx);
    renderPage(ctx, deps.views, 'messages/emoji.njk', 'Emoji', {
      group,
      seq: seq ?? null,
      ...{ q, part: words.length > 0 ? '' : shown, parts: EMOJI_PARTS },
      found: listEmoji({ part: shown ?? '', words }),
    });
  };
  router.get('/groups/:slug/emoji', (ctx) => show(ctx));
  router.get('/groups/:slug/messages/:seq/emoji', (ctx) => show(ctx, seqOf(ctx)));
  return router;
}
