// The links to older and newer rows at both ends of the page, and fetching these rows.
import { list, make, t } from './dom.js';
import { base } from './viewport.js';

const MORE_ROWS = 100;
const NEAR = '400px 0px';
/** The texts of the links. */
const NAMES = { prev: t('Older messages'), next: t('Newer messages') };
/** The link with rel 'prev' or 'next'; null where nothing is before or after. */
export const link = (rel) => document.querySelector(`a.turn[rel="${rel}"]`);

/** Sets the link to older or newer rows; without a query, removes it. */
export function setLink(rel, query) {
  const present = link(rel);
  if (query === undefined) return present?.remove();
  const shown = present ?? make('a', { className: 'turn', rel, textContent: NAMES[rel] });
  shown.href = base + query;
  if (!present) list[rel === 'prev' ? 'before' : 'after'](shown);
  watch(shown);
}

let load = () => {};
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting && target.isConnected) load(target.rel);
  },
  { rootMargin: NEAR },
);

/** Calls back with 'prev' or 'next' when that end of the page is near the viewport. */
export function onNear(act) {
  load = act;
  for (const rel of ['prev', 'next']) watch(link(rel));
}

/** A new observation reports at once whether the link is near. */
export function watch(shown) {
  if (shown) near.unobserve(shown);
  if (shown) near.observe(shown);
}

/** The rows of a window, and the queries of the windows before and after it. */
export async function fetchRows(query) {
  const url = `${base}/messages${query}${query === '' ? '' : `&limit=${MORE_ROWS}`}`;
  const answer = await fetch(url, { headers: { 'HX-Request': 'true', Accept: 'text/html' } });
  if (!answer.ok) throw new Error(`The server responded with ${answer.status}`);
  const template = document.createElement('template');
  template.innerHTML = await answer.text();
  const queryOf = (rel) => new RegExp(`<[^>?]*(\\?[^>]*)>; rel="${rel}"`).exec(answer.headers.get('Link') ?? '')?.[1];
  return { rows: [...template.content.children].filter(({ id }) => id !== ''), prev: queryOf('prev'), next: queryOf('next') };
}
