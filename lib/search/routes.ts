import type { Context } from 'koa';
import { z } from 'zod';
import type { Core } from '../core.ts';
import { siteUrlOf } from '../http/context.ts';
import { viewerOf } from '../http/identity.ts';
import { parseQuery } from '../http/input.ts';
import { renderPage, respond } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { Router } from '../http/router.ts';
import { t } from '../language/text.ts';
import { contextUrl } from '../messages/links.ts';
import { faceOf, messageJson, messageText, type Profiles } from '../messages/presenter.ts';
import { contextsOf, type RowContext } from '../messages/threads/context.ts';
import { type Found, type SearchPage, search } from './operations.ts';
import { isEmptyQuery, MAX_QUERY_LENGTH, parseSearch } from './query.ts';

const PAGE = 20;
/** Accepted, but a page has MAX_FOUND results at most. */
const MAX_LIMIT = 9_999_999_999;

// Every query is valid, also a repeated parameter.
export const searchQuery = z.object({
  q: z
    .union([z.string(), z.array(z.string()).transform((parts) => parts.join(' '))])
    .default('')
    .meta({ type: 'string', description: 'The query; the search page lists the operators (from:, in:, before: …).' })
    .transform((text) => text.slice(0, MAX_QUERY_LENGTH).toWellFormed()),
  cursor: z.string('must be given once').optional().describe('The cursor in `next` of the previous page.'),
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be 1 at least')
    .max(MAX_LIMIT, `must be ${MAX_LIMIT} at most`)
    .default(PAGE)
    .meta({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, description: 'Number of results.' }),
});

/** `/search`: searches the messages in the groups of the viewer. */
export function searchRoutes(deps: RouteContext): Router {
  const router = new Router();
  router.get('/search', async (ctx) => {
    const { user } = viewerOf(ctx);
    const { q, ...window } = parseQuery(searchQuery, ctx);
    const query = parseSearch(q);
    const page = isEmptyQuery(query) ? { found: [], next: undefined } : await search(deps.core, user, query, window);
    await respondWithResults(ctx, deps, q, page);
  });
  return router;
}

async function respondWithResults(ctx: Context, { core, views }: RouteContext, q: string, { found, next }: SearchPage): Promise<void> {
  const contextOf = await contextsOf(
    core,
    found.map(({ folded }) => folded),
  );
  const older = next === undefined ? null : `/search?${new URLSearchParams({ q, ...limitOf(ctx), cursor: next })}`;
  if (older !== null) ctx.set('Link', `<${siteUrlOf(ctx, core.config)}${older}>; rel="next"`);
  await respond(ctx, {
    html: () => {
      const hits = found.map((one) => presentHit(one, contextOf(one.folded).profiles));
      const findsPrefixes = core.config.encryptionKeys.length === 0; // an index of HMACs has whole words only
      const locals = { q, hits, older, isFirst: ctx.query.cursor === undefined, findsPrefixes };
      renderPage(ctx, views, 'search/index.njk', q.trim() === '' ? t`Search` : t`Search: ${q}`, locals);
    },
    json: async () => ({
      results: await Array.fromAsync(found, (one) => hitJson(core, one, contextOf(one.folded))),
      next: older && core.config.basePath + older,
    }),
    text: async () =>
      (
        await Array.fromAsync(
          found,
          async (one) => `${core.config.basePath}${urlOf(one)} ${await messageText(core, one.folded, contextOf(one.folded).profiles)}\n`,
        )
      ).join(''),
  });
}

const limitOf = ({ query }: Context): { limit?: string } => (typeof query.limit === 'string' ? { limit: query.limit } : {});

const urlOf = ({ group, folded }: Found): string => `/groups/${group.slug}/messages/${folded.message.seq}`;

/** A hit as JSON: the message, `snippet` (escaped HTML with `<mark>`) and `context` (URL of the group page at the message). */
export const hitJson = async (core: Core, { group, folded, snippet }: Found, context: RowContext) => ({
  ...(await messageJson(core, folded, group, context)),
  group_name: group.name,
  snippet: snippet.html,
  context: core.config.basePath + contextUrl(group, folded.message.seq),
});

/** A hit for templates/search/index.njk. */
function presentHit({ group, folded, snippet }: Found, profiles: Profiles) {
  const { author, as, at, seq } = folded.message;
  return {
    group: { slug: group.slug, name: group.name },
    author: faceOf(profiles, author),
    as: as ?? null,
    at,
    html: snippet.html,
    context: contextUrl(group, seq),
  };
}
