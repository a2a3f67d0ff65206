import { z } from 'zod';
import { openGroup } from '../groups/operations.ts';
import { shortText } from '../http/fields.ts';
import { viewerOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { readMessage } from '../log/history.ts';
import { EMOJI_PARTS, type EmojiPart, listEmoji } from '../markup/emoji.ts';
import { type Ctx, seqOf } from './responses.ts';

/** The parts of the emoji with their names in the current language. */
function labelledParts(): { readonly name: string; readonly label: string }[] {
  const labels: Readonly<Record<EmojiPart, string>> = {
    Faces: t`Faces`,
    People: t`People`,
    Nature: t`Nature`,
    Food: t`Food`,
    Places: t`Places`,
    Activities: t`Activities`,
    Objects: t`Objects`,
    Symbols: t`Symbols`,
    Flags: t`Flags`,
  };
  return EMOJI_PARTS.map((name) => ({ name, label: labels[name] }));
}

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
    const shown = EMOJI_PARTS.find((name) => name === part) ?? EMOJI_PARTS[0];
    noStore(ctx);
    renderPage(ctx, deps.views, 'messages/emoji.njk', t`Emoji`, {
      group,
      seq: seq ?? null,
      ...{ q, part: words.length > 0 ? '' : shown, parts: labelledParts() },
      found: listEmoji({ part: shown ?? '', words }),
    });
  };
  router.get('/groups/:slug/emoji', (ctx) => show(ctx));
  router.get('/groups/:slug/messages/:seq/emoji', (ctx) => show(ctx, seqOf(ctx)));
  return router;
}
