import { join } from 'node:path';
import nunjucks from 'nunjucks';
import { type Dates, datesIn } from '../text/dates.ts';
import { type Assets, createAssets } from './assets.ts';

export type Views = {
  /** The HTML of a template under templates/, such as `groups/show.njk`. Throws when a local that it prints is missing or null. */
  render(template: string, locals: object): string;
  /** The hashed URL of a static file. */
  asset(path: string): string;
  /** The table that answers those URLs. */
  readonly assets: Assets;
};

type ViewOptions = {
  /** Read templates and styles again for every page. */
  readonly dev: boolean;
  /** IANA name; UTC when absent. The page shows times in the reader's own zone once its script runs. */
  readonly timeZone?: string;
  /** Shared with whoever mounts them; made here when absent. */
  readonly assets?: Assets;
};

const TEMPLATES = join(import.meta.dirname, '../../templates');

/** The first letter or digit of a name, as a reader would count it, for an avatar. */
export function initial(name: string): string {
  const bare = name.replace(/^[^\p{L}\p{N}]+/u, '') || name;
  const [first] = new Intl.Segmenter('en').segment(bare);
  return (first?.segment ?? '?').toLocaleUpperCase('en');
}

/** `plural(1, 'member')` → `1 member`, `plural(3, 'reply', 'replies')` → `3 replies`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** A date with a time, as every page shows one: the script puts it into the reader's time zone by the class. */
const timeElement = ({ iso, moment }: Dates, at: number): string => `<time class="moment" datetime="${iso(at)}">${moment(at)}</time>`;

/** Templates are compiled on first use and kept, unless `dev`. */
export function createViews(options: ViewOptions): Views {
  const assets = options.assets ?? createAssets({ dev: options.dev });
  const loader = new nunjucks.FileSystemLoader(TEMPLATES, { noCache: options.dev });
  const env = new nunjucks.Environment(loader, { autoescape: true, throwOnUndefined: true, trimBlocks: true, lstripBlocks: true });
  const dates = datesIn(options.timeZone ?? 'UTC');
  for (const [name, filter] of Object.entries(dates)) env.addFilter(name, filter);
  env.addFilter('moment', (at: number) => new nunjucks.runtime.SafeString(timeElement(dates, at)));
  env.addFilter('initial', initial);
  env.addFilter('plural', plural);
  env.addGlobal('asset', assets.url);
  env.addGlobal('dev', options.dev);
  return { render: (template, locals) => env.render(template, locals), asset: assets.url, assets };
}
