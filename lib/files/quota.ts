import type { Core } from '../core.ts';
import { DomainError } from '../errors.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { sizeText } from './file.ts';

/** The bytes that another file of this author may have at most: Infinity without quotas. Errors: `tooLarge` (attachment) when there is no room. */
export async function roomFor(core: Core, author: UserId): Promise<number> {
  const { maxFilesBytesPerUser: own, maxFilesBytes: all } = core.config;
  const room = [own > 0 ? own - (await core.store.files.usage(author)).bytes : Number.POSITIVE_INFINITY];
  if (all > 0) room.push(all - (await core.store.files.usage()).bytes);
  const least = Math.min(...room);
  if (least <= 0) throw overQuota(core, least === room[0]);
  return least;
}

/** Checks again with the file that was just stored: of several that were uploaded at once, none takes more than there was. Errors: `tooLarge` (attachment). */
export async function checkQuota(core: Core, author: UserId): Promise<void> {
  const { maxFilesBytesPerUser: own, maxFilesBytes: all } = core.config;
  if (own > 0 && (await core.store.files.usage(author)).bytes > own) throw overQuota(core, true);
  if (all > 0 && (await core.store.files.usage()).bytes > all) throw overQuota(core, false);
}

/** Whose files take their quota: those of the author, or all of the site. */
export function overQuota({ config }: Pick<Core, 'config'>, isOwn: boolean): DomainError {
  const message = isOwn
    ? t`Your files may take ${sizeText(config.maxFilesBytesPerUser)} together. Erase messages with files that you no longer need.`
    : t`The files of this site may take ${sizeText(config.maxFilesBytes)} together. Ask an administrator for more room.`;
  return new DomainError('tooLarge', message, { field: 'attachment' });
}
