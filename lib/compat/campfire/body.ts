import type { Context } from 'koa';
import type { Core } from '../../core.ts';
import { invalid } from '../../errors.ts';
import type { Stored } from '../../files/operations.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { readRaw } from '../../http/body.ts';
import { isUpload, readUpload } from '../../messages/uploads.ts';
import { decodeUtf8 } from '../../text/body.ts';

/**
 * The text of a request: its raw body, whatever its Content-Type, since `curl -d` declares text as a form. JSON counts as text.
 * Errors: `tooLarge`, `invalid` (attachment: a form, where only text is accepted).
 */
export async function textIn(ctx: Context): Promise<string> {
  if (isUpload(ctx)) throw invalid('attachment', 'Only text is accepted here. Send it as the body itself.');
  return decodeUtf8(await readRaw(ctx.req));
}

/** The text, or files in the field `attachment`, with which Campfire accepts no text. Errors: as textIn, and those of readUpload. */
export async function contentIn(
  ctx: Context,
  core: Core,
  at: GroupAccess,
): Promise<{ readonly text: string; readonly files: readonly Stored[]; readonly isAdmitted: boolean }> {
  if (!isUpload(ctx)) return { text: await textIn(ctx), files: [], isAdmitted: false };
  const { files } = await readUpload(ctx, core, at);
  return { text: '', files, isAdmitted: true };
}
