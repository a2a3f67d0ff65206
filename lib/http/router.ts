import { createRequire } from 'node:module';
import type KoaRouter from '@koa/router';

export type Router = KoaRouter;

/** @koa/router in its CommonJS form: the other imports `http` as an ES module, which costs 30 ms at start (see listener.ts). */
export const { Router }: typeof import('@koa/router') = createRequire(import.meta.url)('@koa/router');

/** A way into the server: a method, and a pattern such as `/groups/:slug`. */
export type Route = { readonly method: string; readonly path: string };

/** The routes of a router, those of others that it uses among them. HEAD goes with GET; what takes every method only says which there are. */
export const routesIn = ({ stack }: Pick<Router, 'stack'>): Route[] =>
  stack
    .filter(({ methods }) => !methods.includes('TRACE'))
    .flatMap(({ path, methods }) => methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path: String(path) })));
