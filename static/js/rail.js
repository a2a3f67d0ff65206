// The list of groups beside every page keeps its scroll position and its folded sections from page to page.
import { byId } from './dom.js';

const [SCROLL, FOLDED] = ['parley-rail', 'parley-folded'];
const rail = byId('rail');

/** Without storage (a browser may refuse it) nothing is kept. */
function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

const folded = () => attempt(() => JSON.parse(localStorage.getItem(FOLDED) ?? '[]')) ?? [];

/** Folds the sections of a list as the reader has left them. */
export function foldSections(root) {
  const names = folded();
  for (const section of root.querySelectorAll('details[data-section]')) section.open = !names.includes(section.dataset.section);
}

function onFold({ target }) {
  const { section } = target.dataset;
  if (!section || !target.isConnected) return;
  const others = folded().filter((name) => name !== section);
  attempt(() => localStorage.setItem(FOLDED, JSON.stringify(target.open ? others : [...others, section])));
}

/** Scrolls to where it was, and so that the current group is in view. */
function restoreScroll() {
  rail.scrollTop = Number(attempt(() => sessionStorage.getItem(SCROLL)));
  const current = rail.querySelector('[aria-current]');
  if (!current?.checkVisibility()) return;
  const [row, frame] = [current.getBoundingClientRect(), rail.getBoundingClientRect()];
  if (row.top < frame.top || row.bottom > frame.bottom) rail.scrollTop += row.top - frame.top - (frame.height - row.height) / 2;
}

if (rail) {
  foldSections(rail);
  restoreScroll();
  rail.addEventListener('toggle', onFold, true); // it does not bubble
  rail.closest('details').addEventListener('toggle', restoreScroll); // on a phone
  rail.addEventListener('scroll', () => attempt(() => sessionStorage.setItem(SCROLL, rail.scrollTop)));
}
