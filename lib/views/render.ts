import { withBase, withBaseInHtml } from '../base-path.ts';
import { catalogueOf } from '../language/catalogue.ts';
import { currentLanguage, LANGUAGES, type Language } from '../language/current.ts';
import type { SiteIdentity } from '../site/identity.ts';
import { type Assets, createAssets } from './assets.ts';
import { type Environment, openEnvironment, type Shown } from './environment.ts';
import { changingTemplates, loadedTemplates } from './templates.ts';

/** What a reader has chosen; '' where the browser decides. `timeZone`: IANA name. `quiet`: quiet hours, such as `22:00 07:00 Europe/Paris`. */
export type Look = {
  readonly theme: '' | 'light' | 'dark';
  readonly density: '' | 'compact';
  readonly timeZone: string;
  readonly clock: '' | '12' | '24';
  readonly quiet: string;
};

export type Views = {
  /**
   * The HTML of a template under templates/, such as `groups/show.njk`, in the current language, with times as `look` in the locals has them. Throws if it prints a missing or null
   * variable.
   */
  render(template: string, locals: object): string;
  /** The hashed URL of a static file, with the base path; of a script in the current language. */
  asset(path: string): string;
  /** The files behind those URLs. */
  readonly assets: Assets;
};

type ViewOptions = {
  /** Reread templates and styles for every page. */
  readonly dev: boolean;
  /** Added to the links of every page (default: none). */
  readonly basePath?: string;
  /** IANA name; default UTC. The page's script shows times in the reader's time zone. */
  readonly timeZone?: string;
  /** The current time (ms). */
  readonly now?: () => number;
  /** How the site is called and its picture, now (default: Parley). */
  readonly site?: () => SiteIdentity;
  /** Shared with the routes of static files; created here if absent. */
  readonly assets?: Assets;
  /** For tests: everything is rendered by Nunjucks itself. */
  readonly isUncompiled?: boolean;
};

/** What templates see as `site`. */
const siteOf = (now: () => Shown = () => ({ name: 'Parley', icon: null, small: null })): Shown => ({
  get name() {
    return now().name;
  },
  get icon() {
    return now().icon;
  },
  get small() {
    return now().small;
  },
});

/** Templates are compiled at first use and cached, for each language, unless `dev`. Reads the catalogues of all languages. */
export function createViews(options: ViewOptions): Views {
  const assets = options.assets ?? createAssets({ dev: options.dev });
  const { basePath = '', timeZone: usualZone = 'UTC', now = Date.now, isUncompiled = false, dev } = options;
  const sources = dev ? changingTemplates() : loadedTemplates();
  for (const language of LANGUAGES) catalogueOf(language);
  const environments = new Map<Language, Environment>();
  const environmentOf = (language: Language): Environment => {
    const known = environments.get(language);
    if (known) return known;
    const site = siteOf(options.site);
    const made = openEnvironment({ sources, assets, dev, usualZone, now, isUncompiled, site, language });
    environments.set(language, made);
    return made;
  };
  return {
    render(template, locals) {
      const { look } = locals as { readonly look?: Pick<Look, 'timeZone' | 'clock'> };
      return withBaseInHtml(environmentOf(currentLanguage()).render(template, locals, look), basePath);
    },
    asset: (path) => withBase(assets.url(path, currentLanguage()), basePath),
    assets,
  };
}
