import type { Context } from 'koa';
import type { z } from 'zod';
import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import { describe } from '../files/alt.ts';
import { discard, type Stored, storeFile } from '../files/operations.ts';
import { checkPostRate } from '../groups/admission.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { stateOf } from '../http/context.ts';
import { problemFormat } from '../http/format.ts';
import { check, parse, parseQuery } from '../http/input.ts';
import { type FormLimits, type Received, receiveForm } from '../http/multipart.ts';
import { t } from '../language/text.ts';
import { postForm, postQuery, uploadForm } from './forms.ts';

/** A parsed post with its stored files. `isAdmitted`: whether the rate limit has counted it. */
type PostRequest = z.infer<typeof postForm> & { readonly files: readonly Stored[]; readonly isAdmitted: boolean };

/** Maximum number of concurrent uploads per user and process; a slot that is not released expires. */
const MAX_UPLOADS = 8;
const UPLOADS_PER_SECOND = 0.01;

export const isUpload = (ctx: Context): boolean => /^multipart\/form-data/i.test(ctx.get('Content-Type'));

/** Parses the body of a post and stores its files. Errors: those of `parse` and readUpload. */
export async function readPost(ctx: Context, core: Core, at: GroupAccess): Promise<PostRequest> {
  if (!isUpload(ctx)) return { ...withQuery(ctx, await parse(postForm, ctx)), files: [], isAdmitted: false };
  const { fields, files } = await readUpload(ctx, core, at);
  return discardFilesOnError(core, files, () => {
    const form = check(uploadForm, fields);
    return { ...withQuery(ctx, form), files: describe(files, form), isAdmitted: true };
  });
}

/** With what the query says and the body does not. Errors: those of parseQuery. */
const withQuery = <F extends z.infer<typeof postForm>>(ctx: Context, form: F): F =>
  ctx.search === '' ? form : { ...form, reply_to: form.reply_to ?? parseQuery(postQuery, ctx).reply_to };

type UploadOptions = Pick<FormLimits, 'takesFiles' | 'isText'> & {
  /** Source of the bytes. Default: the request. */
  readonly source?: FormSource | undefined;
  /** The bucket of the rate limit. Default: the author's. */
  readonly rate?: string | undefined;
};
type FormSource = Parameters<typeof receiveForm>[0]['source'];

/**
 * Checks that `at.user` may post, reads a multipart form and stores its files. The post that follows must set `isAdmitted`.
 * Errors: those of checkPostRate, receiveForm and storeFile; `tooMany`.
 */
export async function readUpload(ctx: Context, core: Core, at: GroupAccess, options: UploadOptions = {}): Promise<Received<Stored>> {
  const { source = ctx.req, rate, ...limits } = options;
  const form = { source, type: ctx.get('Content-Type') };
  const release = await acquireUpload(ctx, core, at, rate);
  const received: Received<Stored> = { fields: {}, files: [] };
  stateOf(ctx).fields = received.fields;
  try {
    await discardFilesOnError(core, received.files, () =>
      receiveForm(form, { fileBytes: core.config.maxUploadBytes, ...limits }, received, (bytes, name) =>
        storeFile(core, at, bytes, { name }),
      ),
    );
    return received;
  } finally {
    release();
  }
}

/** Resolves to the result of `work`; removes the files when it fails. */
export async function discardFilesOnError<T>(core: Core, files: readonly Stored[], work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await discard(core, files);
    throw error;
  }
}

/** Acquires an upload slot; returns a function that releases it. A refused form keeps its text. Errors: those of checkPostRate, and `tooMany`. */
async function acquireUpload(ctx: Context, core: Core, at: GroupAccess, rate: string | undefined): Promise<() => void> {
  try {
    await checkPostRate(core, at, rate);
    return takeSlot(core, `upload:${rate ?? at.user.id}`);
  } catch (error) {
    if (problemFormat(ctx) === 'html') await readTexts(ctx, core, error);
    throw error;
  }
}

function takeSlot(core: Core, bucket: string): () => void {
  if (core.rateLimiter.take(bucket, UPLOADS_PER_SECOND, MAX_UPLOADS) > 0)
    throw tooMany(t`Too many uploads at once: ${MAX_UPLOADS} at most. Wait for one to end.`, 5000);
  return () => core.rateLimiter.giveBack(bucket);
}

/** Reads the text fields of a refused form; discards its files. */
async function readTexts(ctx: Context, { config }: Core, refusal: unknown): Promise<void> {
  const received: Received<never> = { fields: {}, files: [] };
  stateOf(ctx).fields = received.fields;
  const form = { source: ctx.req, type: ctx.get('Content-Type') };
  await receiveForm(form, { fileBytes: config.maxUploadBytes }, received, () => Promise.reject(refusal)).catch(() => {});
}
