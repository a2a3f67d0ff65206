// Shows errors of requests. The stream and the composer show their own.
import { complain, composer, list, t } from './dom.js';

function onFailure({ target, detail: { ctx } }) {
  if (target === list || target === composer) return;
  if (!ctx.response || ctx.response.status >= 500) complain(t('The server did not answer. Try again.'), target); // a response below 500 is swapped in
}

document.addEventListener('htmx:config:request', ({ target }) => target !== list && complain('', target));
document.addEventListener('htmx:response:error', onFailure);
document.addEventListener('htmx:error', onFailure);
