import { LRUCache } from 'lru-cache';
import nunjucks from 'nunjucks';
import type { Language } from '../language/current.ts';
import { translateTemplate } from '../language/source.ts';
import { plural } from '../language/text.ts';
import type { SiteIdentity } from '../site/identity.ts';
import { type Dates, datesIn } from '../text/dates.ts';
import type { Assets } from './assets.ts';
import { compiling } from './loader.ts';
import { SYNTAX } from './syntax.ts';

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

/** A date and time in HTML. The page's script finds it by its class and shows it in the reader's time zone. */
const timeElement = (name: string, text: string, iso: string): string => `<time class="${name}" datetime="${iso}">${text}</time>`;

const MAX_ZONES = 200;
let zones: LRUCache<string, Dates> | undefined;

/** Formatters are costly to make: those of the zones in use are kept. */
function datesOf(timeZone: string, is12Hours: boolean, language: Language): Dates {
  const key = `${timeZone} ${is12Hours} ${language}`;
  zones ??= new LRUCache({ max: MAX_ZONES });
  const dates = zones.get(key) ?? datesIn(timeZone, is12Hours, language);
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

/** What templates see of the site, as `site`. */
export type Shown = Pick<SiteIdentity, 'name' | 'icon' | 'small'>;

type Parts = {
  readonly sources: nunjucks.ILoader;
  readonly assets: Assets;
  readonly dev: boolean;
  /** IANA name: for a reader who has chosen none. */
  readonly usualZone: string;
  readonly now: () => number;
  readonly isUncompiled: boolean;
  readonly site: Shown;
  readonly language: Language;
};

/** The templates in one language. */
export type Environment = {
  render(template: string, locals: object, look?: { readonly timeZone: string; readonly clock: string }): string;
};

export function openEnvironment({ sources, assets, dev, usualZone, now, isUncompiled, site, language }: Parts): Environment {
  const loader = translating(sources, language);
  const used = dev || isUncompiled ? loader : compiling(loader, (name) => env.getFilter(name));
  const env: nunjucks.Environment = new nunjucks.Environment(used, { ...SYNTAX, throwOnUndefined: true });
  const usual = datesIn(usualZone, false, language);
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
  env.addFilter('plural', (count: number, one: string, many?: string) => plural(count, one, many, language));
  env.addFilter(
    'renderEach',
    rowRenderer((template, locals) => env.render(template, locals)),
  );
  env.addGlobal('asset', (path: string) => assets.url(path, language));
  env.addGlobal('dev', dev);
  env.addGlobal('site', site);
  env.addGlobal('language', language);
  return {
    render(template, locals, { timeZone = '', clock = '' } = { timeZone: '', clock: '' }) {
      dates = timeZone === '' && clock !== '12' ? usual : datesOf(timeZone || usualZone, clock === '12', language);
      try {
        return env.render(template, locals);
      } finally {
        dates = usual;
      }
    },
  };
}

/** The templates of a loader with their texts in a language. */
const translating = (loader: nunjucks.ILoader, language: Language): nunjucks.ILoader => ({
  getSource(name) {
    const source = loader.getSource(name);
    return { ...source, src: translateTemplate(source.src, language) };
  },
});
