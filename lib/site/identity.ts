import type { Config } from '../config.ts';
import { invalid } from '../errors.ts';
import { asFileId, type FileId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Store } from '../store/port.ts';
import { isBlank } from '../text/body.ts';

/** The name of a site that has none of its own. */
export const USUAL_NAME = 'Parley';
const MAX_NAME_LENGTH = 40;
const [NAME, ICON] = ['site-name', 'site-icon'] as const;

/**
 * What the site is called and how it looks in titles, lists and mails. `picture`: its file; null: that of Parley. `icon`, `small`: the paths of the
 * picture, 256 and 96 px.
 */
export type SiteIdentity = {
  readonly name: string;
  readonly picture: FileId | null;
  readonly icon: string | null;
  readonly small: string | null;
};

/** The present identity, in memory, so that templates may read it. */
export type Site = {
  readonly identity: SiteIdentity;
  /** Reads it again. Called after a change, and from time to time, since other processes change it too. Errors: StoreUnavailable. */
  reload(): Promise<void>;
  /** '' removes it. Errors: `invalid` (name). */
  setName(name: string): Promise<void>;
  setIcon(icon: FileId | null): Promise<void>;
};

type Parts = { readonly store: Pick<Store, 'settings'>; readonly config: Pick<Config, 'siteName'> };

/** Opens it with the names of the environment until `reload` has read the others. */
export function openSite({ store: { settings }, config }: Parts): Site {
  let identity = identityOf(config.siteName ?? USUAL_NAME, '');
  async function reload(): Promise<void> {
    const [name = '', icon = ''] = await Promise.all([settings.get(NAME), settings.get(ICON)]);
    identity = identityOf(config.siteName ?? (name || USUAL_NAME), icon);
  }
  return {
    get identity() {
      return identity;
    },
    reload,
    async setName(name) {
      await settings.put(NAME, parseSiteName(name));
      await reload();
    },
    async setIcon(icon) {
      await settings.put(ICON, icon ?? '');
      await reload();
    },
  };
}

function identityOf(name: string, icon: string): SiteIdentity {
  if (icon === '') return { name, picture: null, icon: null, small: null };
  return { name, picture: asFileId(icon), icon: `/site-icon/${icon}`, small: `/site-icon/${icon}/small` };
}

/** Throws `invalid` (name). */
export function parseSiteName(text: string): string {
  const name = text.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').trim();
  if (isBlank(name)) return '';
  if ([...name].length > MAX_NAME_LENGTH) throw invalid('name', t`The name is too long: ${MAX_NAME_LENGTH} characters at most.`);
  if (/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f<>]/u.test(name))
    throw invalid('name', t`The name has a character that it must not have: < > or one that is invisible.`);
  return name;
}
