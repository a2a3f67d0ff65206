import type { RouteContext } from './route-context.ts';
import { type Route, type Router, routesIn } from './router.ts';

/** The routes of one file of lib, each as `METHOD,METHOD /path/:parameter`, in matching order. */
export type RouteFile = { readonly file: string; readonly create: (deps: RouteContext) => Router; readonly routes: readonly string[] };

/** A route with the file of its handler. */
export type ListedRoute = Route & { readonly file: string };

export const routeFile = (file: string, create: RouteFile['create'], routes: readonly string[]): RouteFile => ({ file, create, routes });

/** The routes of all files, one per method and path. */
export const listedRoutes = (files: readonly RouteFile[]): ListedRoute[] =>
  files.flatMap(({ file, routes }) =>
    routes.flatMap((row) => {
      const [methods = '', path = ''] = row.split(' ');
      return methods.split(',').map((method) => ({ method, path, file }));
    }),
  );

/** Creates the router of a file. Throws when its routes or their order differ from the list. */
export function createRouter(entry: RouteFile, deps: RouteContext): Router {
  const router = entry.create(deps);
  const [made, listed] = [routesIn(router), listedRoutes([entry])].map((routes) => routes.map(({ method, path }) => `${method} ${path}`));
  if (made?.join() !== listed?.join())
    throw new Error(`lib/${entry.file} has ${made?.join(', ')}; lib/routes.ts lists ${listed?.join(', ')}`);
  return router;
}
