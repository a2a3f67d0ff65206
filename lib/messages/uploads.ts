import type { Context } from 'koa';
import type { z } from 'zod';
import type { Core } from '../core.ts';
import { tooMany } from '../errors.ts';
import { discard, type Stored, storeFile } from '../files/operations.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { stateOf } from '../http/context.ts';
import { problemFormat } from '../http/format.ts';
import { check, parse } from '../http/input.ts';
import { type FormLimits, type Received, receiveForm } from '../http/multipart.ts';
import { postForm, uploadForm } from './forms.ts';
import { checkPostRate } from './operations.ts';

/** A post as it came. Its files are stored; `isAdmitted`: whether it is counted already. */
type PostRequest = z.infer<typeof postForm> & { readonly files: readonly Stored[]; readonly isAdmitted: boolean };

/** So many uploads of one person may be under way in this process; one that is left over ends by itself. */
const MAX_UPLOADS = 8;
const UPLOADS_PER_SECOND = 0.01;

export const isUpload = (ctx: Context): boolean => /^multipart\/form-data/i.test(ctx.get('Content-Type'));

/** Reads the body of a post, and stores its files. Errors: those of `parse` and readUpload. */
export async function readPost(ctx: Context, core: Core, at: GroupAccess): Promise<PostRequest> {
  if (!isUpload(ctx)) return { ...(await parse(postForm, ctx)), files: [], isAdmitted: false };
  const { fields, files } = await readUpload(ctx, core, at);
  return discardFilesOnError(core, files, () => ({ ...check(uploadForm, fields), files, isAdmitted: true }));
}

type UploadOptions = Pick<FormLimits, 'takesFiles' | 'isText'> & {
  /** Where the bytes come from; else the request. */
  readonly source?: FormSource | undefined;
  /** Whose rate counts; else the author's. */
  readonly rate?: string | undefined;
};
type FormSource = Parameters<typeof receiveForm>[0]['source'];

/**
 * Reads a multipart form and stores its files, for a post by `at.user`, which is then to say `isAdmitted`: whether they may post is asked first.
 * Errors: those of `admit`, receiveForm and storeFile; `tooMany`.
 */
export async function readUpload(ctx: Context, core: Core, at: GroupAccess, options: UploadOptions = {}): Promise<Received<Stored>> {
  const { source = ctx.req, rate, ...limits } = options;
  const form = { source, type: ctx.get('Content-Type') };
  const leave = await enter(ctx, core, at, rate);
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
    leave();
  }
}

/** What `work` comes to; where it fails, the files are removed. */
export async function discardFilesOnError<T>(core: Core, files: readonly Stored[], work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await discard(core, files);
    throw error;
  }
}

/** Errors: those of `admit`, and `tooMany`. Whoever is refused with a page to come back to keeps what was typed. */
async function enter(ctx: Context, core: Core, at: GroupAccess, rate: string | undefined): Promise<() => void> {
  try {
    checkPostRate(core, at, rate);
    return takePlace(core, `upload:${rate ?? at.user.id}`);
  } catch (error) {
    if (problemFormat(ctx) === 'html') await readTexts(ctx, core, error);
    throw error;
  }
}

function takePlace(core: Core, bucket: string): () => void {
  if (core.rateLimiter.take(bucket, UPLOADS_PER_SECOND, MAX_UPLOADS) > 0)
    throw tooMany(`Too many uploads at once: ${MAX_UPLOADS} at most. Wait for one to end.`, 5000);
  return () => core.rateLimiter.giveBack(bucket);
}

/** Of a form that is refused, what was typed; its files pass by. */
async function readTexts(ctx: Context, { config }: Core, refusal: unknown): Promise<void> {
  const received: Received<never> = { fields: {}, files: [] };
  stateOf(ctx).fields = received.fields;
  const form = { source: ctx.req, type: ctx.get('Content-Type') };
  await receiveForm(form, { fileBytes: config.maxUploadBytes }, received, () => Promise.reject(refusal)).catch(() => {});
}
