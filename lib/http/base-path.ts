import type { RequestListener, ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import { withBase, withoutBase } from '../base-path.ts';

/** Removes the base path from the URL of each request. */
export function underBasePath(basePath: string, handle: RequestListener): RequestListener {
  if (basePath === '') return handle;
  return (request, response) => {
    request.url = withoutBase(request.url ?? '/', basePath);
    return handle(request, response);
  };
}

/** Adds the base path to the header `Location`. */
export function completeLocation(response: ServerResponse, basePath: string): void {
  const location = basePath === '' ? undefined : response.getHeader('Location');
  if (typeof location === 'string') response.setHeader('Location', withBase(location, basePath));
}

/** The same for what the middleware answers. */
export const completeLocations =
  (basePath: string): Middleware =>
  async (ctx, next) => {
    await next();
    completeLocation(ctx.res, basePath);
  };
