import { createRequire } from 'node:module';
import type KoaRouter from '@koa/router';

export type Router = KoaRouter;

/** The CommonJS build of @koa/router: the ES module build imports `http`, which costs 30 ms at start (see listener.ts). */
export const { Router }: typeof import('@koa/router') = createRequire(import.meta.url)('@koa/router');

/** A method and a path pattern such as `/groups/:slug`. */
export type Route = { readonly method: string; readonly path: string };

/** The routes of a router, including nested routers. HEAD is implied by GET; routes for all methods are left out, since they only respond with 405. */
export const routesIn = ({ stack }: Pick<Router, 'stack'>): Route[] =>
  stack
    .filter(({ methods }) => !methods.includes('TRACE'))
    .flatMap(({ path, methods }) => methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path: String(path) })));
