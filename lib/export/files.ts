import type { Core } from '../core.ts';
import type { Attached } from '../log/entry.ts';
import type { ExportFolder } from './folder.ts';

/** Endings that a browser would run when the file is opened from a disk, with access to what is beside it. */
const ACTIVE = /\.(?:x?html?|xht|shtml|svgz?|xml|xslt?|m?js|mht|mhtml|hta|swf|wasm|url|webloc|desktop|lnk)$/i;

/**
 * The place of a file in an export: `files/<id>/<name>`. Names are cleaned when they are stored; what a file system or a browser could take for
 * something else is replaced, and pages and scripts get the ending `.txt`.
 */
export function filePath({ id, name }: Pick<Attached, 'id' | 'name'>): string {
  const safe = name
    .replace(/[<>:"|?*\\/]/g, '_')
    .replace(/[. ]+$/, '')
    .replace(/^\.+/, '_');
  const named = safe === '' ? 'file' : safe;
  return `files/${id}/${ACTIVE.test(named) ? `${named}.txt` : named}`;
}

export const thumbPath = ({ id }: Pick<Attached, 'id'>): string => `files/${id}/thumbnail.webp`;

/** Copies the content of files and their thumbnails. Resolves to those whose content is missing. Errors: StoreUnavailable, those of the disk. */
export async function copyFiles(core: Core, folder: ExportFolder, files: readonly Attached[]): Promise<Attached[]> {
  const missing: Attached[] = [];
  for (const file of files) {
    const content = await core.store.files.read(file.id, 'whole');
    if (content) await folder.content(filePath(file), content);
    else missing.push(file);
    const thumb = content && file.thumb ? await core.store.files.read(file.id, 'thumb') : undefined;
    if (thumb) await folder.content(thumbPath(file), thumb);
  }
  return missing;
}

/** The path as a URL relative to the folder. */
export const asUrl = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
