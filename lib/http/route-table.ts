import type { RouteContext } from './route-context.ts';
import { type Route, type Router, routesIn } from './router.ts';

/** The routes of one file of lib, as they are listed: `METHOD,METHOD /path/:parameter`, in the order in which they are tried. */
export type RouteFile = { readonly file: string; readonly create: (web: RouteContext) => Router; readonly routes: readonly string[] };

/** A route with the file of its handler. */
export type ListedRoute = Route & { readonly file: string };

export const routeFile = (file: string, create: RouteFile['create'], routes: readonly string[]): RouteFile => ({ file, create, routes });

/** The listed routes one by one. */
export const listedRoutes = (files: readonly RouteFile[]): ListedRoute[] =>
  files.flatMap(({ file, routes }) =>
    routes.flatMap((row) => {
      const [methods = '', path = ''] = row.split(' ');
      return methods.split(',').map((method) => ({ method, path, file }));
    }),
  );

/** The router of a file. Throws when it has other routes than are listed, or in another order: the list is what the server has. */
export function createRouter(entry: RouteFile, web: RouteContext): Router {
  const router = entry.create(web);
  const [made, listed] = [routesIn(router), listedRoutes([entry])].map((routes) => routes.map(({ method, path }) => `${method} ${path}`));
  if (made?.join() !== listed?.join())
    throw new Error(`lib/${entry.file} has ${made?.join(', ')}; lib/routes.ts lists ${listed?.join(', ')}`);
  return router;
}
