// What all modules share. The script is deferred: the elements of the page exist when it runs, and those named here are never replaced.

/** The path below which the site is served, from the URL of this script: '' or such as /chat. */
export const site = new URL(document.currentScript.src).pathname.replace(/\/static\/.*$/, '');

export const byId = (id) => document.getElementById(id);

/** Id of the account that is logged in; undefined for a visitor. */
export const viewer = document.body.dataset.viewer;
/** Accesses a storage. If the browser refuses that, nothing is stored. */
export function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Identifies this tab, also after a reload. */
export const tab = attempt(() => sessionStorage.tab) ?? Math.random().toString(36).slice(2);
attempt(() => {
  sessionStorage.tab = tab;
});

/** The list of messages; null on a page without one. */
export const list = byId('messages');
/** The form that posts and its text field; null if the viewer cannot post. */
export const composer = byId('composer');
export const field = byId('body');

/** The sequence number of a row; NaN for any other element. */
export const seqOf = ({ id }) => Number(id.slice(2));

/** A new element. A name that is a property of the element is assigned, any other becomes an attribute. */
export function make(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** Requests JSON. Rejects if the server cannot be reached; the caller checks the status. */
export const ask = (url, options = {}) => fetch(url, { ...options, headers: { Accept: 'application/json', ...options.headers } });

const SHOWN_MS = 4000;
let shownTimer = 0;

/** Announces a change to screen readers; `isShown`: shows it to everybody for some seconds. */
export function announce(text, isShown = false) {
  const region = byId('said');
  region.textContent = text;
  region.toggleAttribute('data-shown', isShown);
  clearTimeout(shownTimer);
  if (isShown) shownTimer = setTimeout(() => region.removeAttribute('data-shown'), SHOWN_MS);
}

/** Shows an error beside the form that an element belongs to; an empty text removes it. */
export function complain(text, element = document.body) {
  const region = element.closest('form.edit')?.querySelector('.wrong') ?? byId('composer-error') ?? byId('trouble');
  if (region) region.textContent = text;
}

/** A text, with the values for {1}, {2}. Of a page in another language the server has replaced the text in the source. */
export const t = (text, ...values) => text.replace(/\{(\d)\}/g, (_, n) => values[n - 1]);
