import type { Context } from 'koa';
import { z } from 'zod';
import { noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';

/** An act that destroys, as its confirmation page asks for it. `lost`: what it removes, one sentence each. `fields`: what the form posts besides `sure`. */
export type Question = {
  readonly title: string;
  readonly lost: readonly string[];
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Of the button that does it. */
  readonly label: string;
  readonly back: string;
};

/** Field of a form that destroys: set once the question was answered. */
export const sure = z.literal('1', 'must be 1').optional();

/** Responds with the page that asks once. Its form posts the same act with `sure` = 1. */
export function askFirst(ctx: Context, { views }: RouteContext, question: Question): void {
  noStore(ctx);
  renderPage(ctx, views, 'admin/confirm.njk', question.title, { question });
}
