// Where the reader is in the conversation: kept in the address and the history entry, so that a reload and Back return there.
import { byId, list } from './dom.js';
import { base, isReadingBack, onScroll, rows, scroller, scrollTo } from './viewport.js';

const WAIT_MS = 200;
let timer = 0;
let isMoved = false; // by the reader: until then the address says more about the place

/** The first row that is in view, and how far its upper edge is below that of the view (px). */
function firstInView() {
  const { top } = scroller.getBoundingClientRect();
  const row = rows().find((one) => one.getBoundingClientRect().bottom > top);
  return row && { row: row.id, below: row.getBoundingClientRect().top - top };
}

function note() {
  clearTimeout(timer);
  if (!isMoved) return;
  const isBack = isReadingBack() || list.hasAttribute('data-past');
  const place = isBack && firstInView();
  const query = place ? `?at=${place.row.slice(2)}` : '';
  if (place) history.replaceState({ place }, '', base + query);
  else if (history.state?.place) history.replaceState(null, '', base);
}

function restore() {
  const { row, below } = history.state?.place ?? {};
  const present = row && byId(row);
  if (!present) return;
  const { top } = scroller.getBoundingClientRect();
  scrollTo(scroller.scrollTop + present.getBoundingClientRect().top - top - below);
}

if (base) {
  const [navigation] = performance.getEntriesByType('navigation');
  if (['reload', 'back_forward'].includes(navigation?.type)) restore();
  onScroll(() => {
    clearTimeout(timer);
    timer = setTimeout(note, WAIT_MS);
  });
  addEventListener('pagehide', note);
  for (const name of ['wheel', 'touchmove', 'pointerdown', 'keydown'])
    document.addEventListener(
      name,
      () => {
        isMoved = true;
      },
      { passive: true, capture: true },
    );
}
