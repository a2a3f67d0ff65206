import type { z } from 'zod';
import { DomainError, notFound } from '../../errors.ts';
import { openGroup } from '../../groups/operations.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { idempotencyKey } from '../../http/context.ts';
import { viewerOf } from '../../http/identity.ts';
import { parse } from '../../http/input.ts';
import type { RouteContext } from '../../http/route-context.ts';
import { Router } from '../../http/router.ts';
import { readMessage, readPosted } from '../../log/history.ts';
import { keyIn } from '../../log/keys.ts';
import { sha256 } from '../../secrets.ts';
import { type Ctx, respondWithMessage, seqOf } from '../responses.ts';
import { ID, useForm } from './forms.ts';
import { applyAction, usableAction } from './operations.ts';
import { showActionForm, showRefusal } from './pages.ts';
import { pollForm, postPoll } from './poll.ts';
import type { GivenValues } from './values.ts';

/** Routes by which the actions of a message are used. */
export function actionRoutes(deps: RouteContext): Router {
  const { core } = deps;
  const router = new Router();
  const open = (ctx: Ctx): Promise<GroupAccess> => openGroup(core, viewerOf(ctx).user, ctx.params.slug ?? '');
  const path = '/groups/:slug/messages/:seq/actions/:action';
  const idOf = ({ params: { action = '' } }: Ctx): string => {
    if (!ID.test(action)) throw notFound();
    return action;
  };

  router.get(`${path}/form`, async (ctx) => {
    const at = await open(ctx);
    const [seq, id] = [seqOf(ctx), idOf(ctx)];
    const folded = await readMessage(core, at.group.id, seq);
    try {
      const action = await usableAction(core, at, folded, id);
      await showActionForm(ctx, deps, at, { folded, action });
    } catch (error) {
      await showRefusal(ctx, deps, at, { seq, id }, error);
    }
  });

  router.post(path, async (ctx) => {
    const at = await open(ctx);
    const form = await parse(useForm, ctx);
    const [seq, id, values] = [seqOf(ctx), idOf(ctx), valuesOf(form)];
    try {
      const folded = await applyAction(core, at, seq, id, { values, key: keyOf(ctx, form, [seq, id, values]) });
      await respondWithMessage(ctx, deps, at, folded);
    } catch (error) {
      await showRefusal(ctx, deps, at, { seq, id, values }, error);
    }
  });

  router.post('/groups/:slug/polls', async (ctx) => {
    const at = await open(ctx);
    const { key, ...given } = await parse(pollForm, ctx);
    const asked = idempotencyKey(ctx) ?? key;
    const { message, isNew } = await postPoll(core, at, { ...given, key: asked === undefined ? undefined : keyIn('client', asked) });
    const folded = await readPosted(core, message, isNew);
    await respondWithMessage(ctx, deps, at, folded, { status: isNew ? 201 : 200, isWritten: true });
  });
  return router;
}

type UseForm = z.infer<typeof useForm>;

const PREFIX = 'value-';

/** `values` of JSON; of a form its fields whose names begin with the prefix. Errors: `malformed` for a field that is given twice. */
function valuesOf({ values, ...fields }: UseForm): GivenValues {
  if (values !== undefined) return values;
  const given = Object.entries(fields).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(
    given.map(([name, value]) => {
      if (typeof value !== 'string') throw new DomainError('malformed', `${name}: must be text.`, { field: name });
      return [name.slice(PREFIX.length), value];
    }),
  );
}

/** The header Idempotency-Key; else, of a form, what was shown and typed, so that the same form sent twice counts once. */
function keyOf(ctx: Ctx, { rev }: UseForm, what: readonly unknown[]): string | undefined {
  const given = idempotencyKey(ctx);
  if (given !== undefined) return keyIn('client', given);
  return rev === undefined ? undefined : keyIn('form', `act ${sha256(JSON.stringify([...what, rev]))}`);
}
