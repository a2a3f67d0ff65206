// Menus and dialogs. Most of what opens and closes them is hyperscript in the templates.

const OPEN =
  'details.acts[open], details[name="panel"][open], dialog[open], [popover]:popover-open, form.edit, [role="listbox"]:not([hidden])';
let isOpen = false;

/** Whether the Escape being handled closes something: asked before any other handler has closed it. */
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
