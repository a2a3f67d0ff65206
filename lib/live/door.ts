import type { RequestListener } from 'node:http';
import type Koa from 'koa';
import type { Context } from 'koa';
import { stateOf } from '../http/context.ts';
import { introduce, tellOf } from '../http/describe.ts';
import { setSecureHeaders } from '../http/security.ts';
import type { Web } from '../http/web.ts';
import { within } from '../trace.ts';
import { type Refusals, STREAMS } from './routes.ts';

const PATH = /^\/groups\/([^/?#%]+)\/(events|live)(?:\?|$)/;

/**
 * Takes the requests for streams before the layers that all others pass: what those keep of a request, they would keep for the hours that
 * its stream lasts, and when a thousand clients come back at once each layer counts. A stream that cannot be opened goes through them after
 * all: its route finds the reason in `refusals` and throws it, and so it is said as every error is.
 */
export function streamDoor(app: Koa, web: Web, refusals: Refusals): RequestListener {
  const others = app.callback();
  return (request, response) => {
    const [, slug, kind] = (request.method === 'GET' && PATH.exec(request.url ?? '')) || [];
    if (slug === undefined) return void others(request, response);
    const ctx = app.createContext(request, response);
    openFrom(web, ctx, slug, kind === 'live' ? 'live' : 'events').catch((error: Error) => {
      refusals.set(request, error);
      void others(request, response);
    });
  };
}

async function openFrom(web: Web, ctx: Context, slug: string, kind: keyof typeof STREAMS): Promise<void> {
  const startedAt = performance.now();
  const { core } = web;
  const line = introduce(ctx, core);
  setSecureHeaders(ctx);
  await within(line.trace, () => STREAMS[kind](web, ctx, slug));
  core.meters.requested({ method: 'GET', route: `/groups/:slug/${kind}`, status: '2xx' }, (performance.now() - startedAt) / 1000);
  // Now, not at its end: until then the line would have to be kept.
  tellOf(core, { ...line, path: `/groups/${slug}/${kind}`, user: stateOf(ctx).viewer?.user.id, status: 200, startedAt });
}
