// The visible part of the conversation, and the scroll position.
import { byId, list, seqOf } from './dom.js';

export const scroller = byId('scroller');
/** The path of the group whose conversation this is; undefined on pages of single messages and of threads, which show parts of it. */
export const base = scroller ? list?.dataset.base : undefined;

export const rows = () => [...list.children].filter(({ id }) => /^[mf]-/.test(id));
/** For several lines folded into one, the seq of the last. */
const lastSeqOf = (row) => seqOf([...row.querySelectorAll('.line')].at(-1) ?? row);
/** 0 for an empty list. */
export const firstSeq = () => (rows()[0] ? seqOf(rows()[0]) : 0);
export const lastSeq = () => (rows().at(-1) ? lastSeqOf(rows().at(-1)) : 0);
/** Whether newer rows exist that the page does not show. */
export const isPast = () => list.hasAttribute('data-past');

let scrolled = 0; // cached: reading it from the element for each arriving row would force a layout
export const isAtEnd = () => scrolled > -8;
export const isReadingBack = () => scrolled < -200;
export const isFarBack = () => scrolled < -2 * innerHeight;

export function scrollTo(top) {
  scroller.scrollTop = top;
  scrolled = scroller.scrollTop;
}

let drift = 0; // browsers scroll by whole pixels; the remainder is added the next time

function keepAt(row, wanted) {
  const off = () => row.getBoundingClientRect().top - wanted;
  scrollTo(scroller.scrollTop + off());
  drift = Math.abs(off()) < 1 ? off() : 0;
}

/** Changes the list and keeps the first visible row in place, except at the end of the conversation (unless `always`). Returns the result of `change`. */
export function steady(change, always = false) {
  if (!scroller || (!always && isAtEnd())) return change();
  const { top } = scroller.getBoundingClientRect();
  const places = rows().map((row) => [row.id, row.getBoundingClientRect()]);
  const seen = places.filter(([, { bottom }]) => bottom > top);
  const result = change();
  const [id, before] = seen.find(([one]) => byId(one)) ?? [];
  if (id) keepAt(byId(id), before.top - drift);
  return result;
}

/** Whether the end of a row is visible. */
export function isInView(row) {
  const [{ top, bottom }, frame] = [row.getBoundingClientRect(), scroller.getBoundingClientRect()];
  return top < frame.bottom && bottom > frame.top && bottom < frame.bottom + 8 + row.offsetHeight / 2;
}

/** Calls back on each scroll, after the position is noted. */
export const onScroll = (act) =>
  scroller.addEventListener('scroll', () => {
    scrolled = scroller.scrollTop;
    act();
  });

if (scroller) scrolled = scroller.scrollTop;
if (scroller && !base) onScroll(() => {});
