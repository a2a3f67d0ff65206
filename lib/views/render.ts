import { LRUCache } from 'lru-cache';
import nunjucks from 'nunjucks';
import { withBase, withBaseInHtml } from '../base-path.ts';
import type { SiteIdentity } from '../site/identity.ts';
import { type Dates, datesIn } from '../text/dates.ts';
import { type Assets, createAssets } from './assets.ts';
import { compiling } from './loader.ts';
import { SYNTAX } from './syntax.ts';
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
   * The HTML of a template under templates/, such as `groups/show.njk`, with times as `look` in the locals has them. Throws if it prints a missing or null
   * variable.
   */
  render(template: string, locals: object): string;
  /** The hashed URL of a static file, with the base path. */
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

let segmenter: Intl.Segmenter | undefined; // created at first use, and only once: that takes longer than the rest of a row
let initials: LRUCache<string, string> | undefined;

/** The first letter or digit of a name (a grapheme), for an avatar. */
export function initial(name: string): string {
  initials ??= new LRUCache({ max: 1000 });
  const known = initials.get(name) ?? firstOf(name);
  initials.set(name, known);
  return known;
}

function firstOf(name: string): string {
  const bare = name.replace(/^[^\p{L}\p{N}]+/u, '') || name;
  segmenter ??= new Intl.Segmenter('en');
  const [first] = segmenter.segment(bare);
  return (first?.segment ?? '?').toLocaleUpperCase('en');
}

/** `plural(1, 'member')` → `1 member`, `plural(3, 'reply', 'replies')` → `3 replies`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** A date and time in HTML. The page's script finds it by its class and shows it in the reader's time zone. */
const timeElement = (name: string, text: string, iso: string): string => `<time class="${name}" datetime="${iso}">${text}</time>`;

const MAX_ZONES = 200;
let zones: LRUCache<string, Dates> | undefined;

/** Formatters are costly to make: those of the zones in use are kept. */
function datesOf(timeZone: string, is12Hours: boolean): Dates {
  const key = `${timeZone} ${is12Hours}`;
  zones ??= new LRUCache({ max: MAX_ZONES });
  const dates = zones.get(key) ?? datesIn(timeZone, is12Hours);
  zones.set(key, dates);
  return dates;
}

/** Rows of lists that were rendered last, with their values, in characters. */
const MAX_ROWS_LENGTH = 4_000_000;

/**
 * The HTML of a template for each of these rows, whose inputs are `row` and `here`. It must depend on nothing else: the same object, and a row with the
 * same values, is not rendered again.
 */
function rowRenderer(render: (template: string, locals: object) => string) {
  const byValue = new LRUCache<string, string>({ maxSize: MAX_ROWS_LENGTH, sizeCalculation: (html, key) => html.length + key.length });
  const byRow = new WeakMap<object, { readonly template: string; readonly here: boolean; readonly html: string }>();
  const renderRow = (row: object, template: string, here: boolean): string => {
    const known = byRow.get(row);
    if (known?.template === template && known.here === here) return known.html;
    const key = `${template} ${here} ${JSON.stringify(row)}`;
    const html = byValue.get(key) ?? render(template, { row, here });
    byValue.set(key, html);
    byRow.set(row, { template, here, html });
    return html;
  };
  return (rows: readonly object[], template: string, here = true) =>
    new nunjucks.runtime.SafeString(rows.map((row) => renderRow(row, template, here)).join(''));
}

type Shown = Pick<SiteIdentity, 'name' | 'icon' | 'small'>;

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

/** Templates are compiled at first use and cached, unless `dev`. */
export function createViews(options: ViewOptions): Views {
  const assets = options.assets ?? createAssets({ dev: options.dev });
  const { basePath = '', timeZone: usualZone = 'UTC', now = Date.now, isUncompiled = false } = options;
  const loader = options.dev ? changingTemplates() : loadedTemplates();
  const used = options.dev || isUncompiled ? loader : compiling(loader, (name) => env.getFilter(name));
  const env: nunjucks.Environment = new nunjucks.Environment(used, { ...SYNTAX, throwOnUndefined: true });
  const usual = datesIn(usualZone);
  let dates = usual; // of the reader for whom a page is being rendered, which is synchronous
  for (const name of ['time', 'day', 'dayLabel', 'iso'] as const)
    env.addFilter(name, (at: number | string) => {
      const ms = typeof at === 'number' ? at : Date.parse(at);
      return Number.isNaN(ms) ? at : dates[name](ms);
    });
  const element = (name: string, text: string, at: number) => new nunjucks.runtime.SafeString(timeElement(name, text, dates.iso(at)));
  env.addFilter('moment', (at: number) => element('moment', dates.moment(at), at));
  env.addFilter('when', (at: number) => element('when', dates.when(at, now()), at));
  env.addFilter('initial', initial);
  env.addFilter('plural', plural);
  env.addFilter(
    'renderEach',
    rowRenderer((template, locals) => env.render(template, locals)),
  );
  env.addGlobal('asset', assets.url);
  env.addGlobal('dev', options.dev);
  env.addGlobal('site', siteOf(options.site));
  const render: Views['render'] = (template, locals) => {
    const { timeZone = '', clock = '' } = (locals as { readonly look?: Look }).look ?? {};
    dates = timeZone === '' && clock !== '12' ? usual : datesOf(timeZone || usualZone, clock === '12');
    try {
      return withBaseInHtml(env.render(template, locals), basePath);
    } finally {
      dates = usual;
    }
  };
  return {
    render,
    asset: (path) => withBase(assets.url(path), basePath),
    assets,
  };
}
