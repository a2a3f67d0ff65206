// The form that posts messages. Its field is cleared when a message is sent; if sending fails, text and files are restored.
import { ask, byId, complain, composer, field } from './dom.js';
import { hold, release } from './drafts.js';
import { attach, filesIn, giveBackFiles } from './uploads.js';
import { scroller } from './viewport.js';

let returned = ''; // restored texts at the start of the field
let lost = null; // {sameness, key} of a message that may have been posted: an unchanged retry uses the same key

const textOf = ({ request }) => request.body.get?.('body') ?? '';

/** Equal for two messages with the same text and files. */
function sameness(sent) {
  const files = filesIn(sent).map(({ name, size, lastModified }) => [name, size, lastModified]);
  return JSON.stringify([sent.get('body'), ...files]);
}

function onSend({ detail: { ctx } }) {
  const { body } = ctx.request; // the fields as they were when Send was pressed
  if (lost?.sameness === sameness(body)) body.set('key', lost.key);
  lost = null;
  returned = '';
  attach(ctx);
  field.value = '';
  byId('composer-key').value = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  scroller.scrollTop = 0;
  hold(textOf(ctx));
}

/** Without files, sends a URL-encoded form: it is smaller and needs no multipart parser. */
function dropEmptyFiles({ detail: { ctx } }) {
  const { body } = ctx.request;
  if (!(body instanceof FormData) || filesIn(body).length > 0) return;
  body.delete('attachment');
  ctx.request.body = new URLSearchParams(body);
}

function onFailure({ detail: { ctx, error } }) {
  const { request, response } = ctx;
  if (response && response.status < 400) return; // posted; only displaying it failed
  giveBackText(textOf(ctx));
  if (!response || response.status >= 500) {
    lost = { sameness: sameness(request.body), key: request.body.get('key') };
    complain('Not sent: the server did not answer. Your text and files are back; send again.');
  } // else the response is swapped in as the error
  giveBackFiles(request.body);
  if (error?.message === 'stopped') complain('Cancelled: nothing was sent.');
}

/** Inserts a text before what was typed since, and after texts restored before it. */
function giveBackText(text) {
  if (text.trim() === '') return;
  if (!field.value.startsWith(returned)) returned = '';
  const typed = field.value.slice(returned.length);
  returned = returned === '' ? text : `${returned}\n${text}`;
  field.value = typed === '' || typed.startsWith('\n') ? returned + typed : `${returned}\n${typed}`;
}

// --- typing notifications: at most one every 3 s ---

const TYPING_MS = 3000;
let typedAt = Number.NEGATIVE_INFINITY;

function onInput() {
  complain('');
  if (field.value.trim() === '' || performance.now() - typedAt < TYPING_MS) return;
  typedAt = performance.now();
  ask(composer.action.replace(/messages$/, 'typing'), { method: 'POST' }).catch(() => {});
}

if (composer) {
  composer.addEventListener('htmx:config:request', onSend);
  composer.addEventListener('htmx:before:request', dropEmptyFiles);
  composer.addEventListener('htmx:response:error', onFailure);
  composer.addEventListener('htmx:error', onFailure);
  composer.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => release(textOf(ctx)));
  field.addEventListener('input', onInput);
}
