// The panels at the sides, and what Escape closes.

const OPEN = 'details[name="panel"][open], dialog[open], [popover]:popover-open, form.edit, [role="listbox"]:not([hidden])';
let isOpen = false;

/** Whether the current Escape key press closes something. Noted before any handler closes it. */
export const closesOnEscape = () => isOpen;

function noteOpen({ key }) {
  if (key === 'Escape') isOpen = [...document.querySelectorAll(OPEN)].some((one) => one.checkVisibility());
}

const FOLDED = 'details:is(.side, .people)[open]';

/** A click beside a panel closes it. */
function onClick({ target }) {
  for (const open of document.querySelectorAll(FOLDED)) if (!open.contains(target)) open.open = false;
}

function onEscape({ key }) {
  if (key !== 'Escape') return;
  for (const open of document.querySelectorAll(FOLDED)) {
    open.open = false;
    open.querySelector('summary').focus();
  }
}

document.addEventListener('click', onClick);
document.addEventListener('keydown', onEscape);
document.addEventListener('keydown', noteOpen, true);
