// Menus and dialogs. Hyperscript in the templates opens and closes most of them.

const OPEN =
  'details.acts[open], details[name="panel"][open], dialog[open], [popover]:popover-open, form.edit, [role="listbox"]:not([hidden])';
let isOpen = false;

/** Whether the current Escape key press closes something. Noted before any handler closes it. */
export const closesOnEscape = () => isOpen;

function noteOpen({ key }) {
  if (key === 'Escape') isOpen = [...document.querySelectorAll(OPEN)].some((one) => one.checkVisibility());
}

/** The menu of a message opens above it, where it may be out of view. */
function onToggle({ target }) {
  if (target.open && target.matches('details.acts')) target.querySelector(':scope > div').scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', noteOpen, true);
document.addEventListener('toggle', onToggle, true); // it does not bubble
