import type { FileId } from '../ids.ts';

/** The path of a person's picture, 96 px (`small`) or 256 px square; null without one. A new picture has a new path. */
export const avatarUrl = (avatar: FileId | null | undefined, size: 'small' | 'large' = 'small'): string | null =>
  avatar ? `/avatars/${avatar}${size === 'small' ? '/small' : ''}` : null;

/** The same for JSON, with the base path of the site. */
export const avatarPath = (avatar: FileId | null | undefined, size: 'small' | 'large', basePath: string): string | null => {
  const url = avatarUrl(avatar, size);
  return url && basePath + url;
};
