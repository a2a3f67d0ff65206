import { createRequire } from 'node:module';
import type KoaRouter from '@koa/router';

export type Router = KoaRouter;

/** @koa/router in its CommonJS form: the other imports `http` as an ES module, which costs what front.ts tells of. */
export const { Router }: typeof import('@koa/router') = createRequire(import.meta.url)('@koa/router');
