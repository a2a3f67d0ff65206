import { join } from 'node:path';
import nunjucks from 'nunjucks';
import { type Dates, datesIn } from '../text/dates.ts';
import { type Assets, createAssets } from './assets.ts';

export type Views = {
  /** The HTML of a template under templates/, such as `groups/show.njk`. Throws if it prints a missing or null variable. */
  render(template: string, locals: object): string;
  /** The hashed URL of a static file. */
  asset(path: string): string;
  /** The files behind those URLs. */
  readonly assets: Assets;
};

type ViewOptions = {
  /** Reread templates and styles for every page. */
  readonly dev: boolean;
  /** IANA name; default UTC. The page's script shows times in the reader's time zone. */
  readonly timeZone?: string;
  /** Shared with the routes of static files; created here if absent. */
  readonly assets?: Assets;
};

const TEMPLATES = join(import.meta.dirname, '../../templates');

/** The first letter or digit of a name (a grapheme), for an avatar. */
export function initial(name: string): string {
  const bare = name.replace(/^[^\p{L}\p{N}]+/u, '') || name;
  const [first] = new Intl.Segmenter('en').segment(bare);
  return (first?.segment ?? '?').toLocaleUpperCase('en');
}

/** `plural(1, 'member')` → `1 member`, `plural(3, 'reply', 'replies')` → `3 replies`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** A date and time in HTML. The page's script finds it by its class and shows it in the reader's time zone. */
const timeElement = ({ iso, moment }: Dates, at: number): string => `<time class="moment" datetime="${iso(at)}">${moment(at)}</time>`;

/** Templates are compiled at first use and cached, unless `dev`. */
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
