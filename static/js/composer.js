// The form that posts messages. Its field is cleared when a message is sent, and outbox.js shows the message. One that the server refuses is in the
// field again; one that got no answer can be sent again as it was.
import { announce, ask, byId, complain, composer, field, site, t } from './dom.js';
import { answeredBy, fail, resume, settle, takeBack, underway, waitingForNetwork } from './outbox.js';
import { answer, answered } from './replying.js';
import { attach, filesIn, giveBackFiles } from './uploads.js';
import { scroller } from './viewport.js';

let returned = ''; // restored texts at the start of the field
let lost = null; // {sameness, key} of a message that may have been posted: if it is sent unchanged, it has the same key
let again = null; // the body of a message that is sent again

const textOf = (body) => body.get?.('body') ?? '';
const answerOf = (body) => body.get?.('reply_to') ?? '';
const keyOf = ({ request }) => request.body.get('key');

/** Equal for two messages with the same text, files and answered message. */
function sameness(sent) {
  const files = filesIn(sent).map(({ name, size, lastModified }) => [name, size, lastModified]);
  return JSON.stringify([sent.get('body'), answerOf(sent), ...files]);
}

function onSend({ detail: { ctx } }) {
  const taken = again ? undefined : answered();
  if (again) {
    ctx.request.body = again;
    attach(ctx, filesIn(again));
    again = null;
  } else takeFields(ctx);
  const { body } = ctx.request;
  scroller.scrollTop = 0;
  if (textOf(body).trim() !== '' || filesIn(body).length > 0) underway(body, filesIn(body), taken);
}

/** The fields as they were when Send was pressed; the field is empty then. */
function takeFields(ctx) {
  const { body } = ctx.request;
  if (lost?.sameness === sameness(body)) body.set('key', lost.key);
  lost = null;
  returned = '';
  attach(ctx);
  field.value = '';
  answer(null);
  field.dispatchEvent(new Event('parley:emptied', { bubbles: true }));
  byId('composer-key').value = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
}

function resend(body) {
  again = body;
  composer.requestSubmit();
}

/** Without files, sends a URL-encoded form: it is smaller and needs no multipart parser. */
function dropEmptyFiles({ detail: { ctx } }) {
  const { body } = ctx.request;
  if (!(body instanceof FormData) || filesIn(body).length > 0) return;
  body.delete('attachment');
  ctx.request.body = new URLSearchParams(body);
}

const ACTS = {
  retry: ({ body }) => resend(body),
  edit(entry) {
    takeBack(entry);
    giveBack(entry.body, entry.answered);
    lost = { sameness: sameness(entry.body), key: entry.key };
    field.focus();
  },
};

function onFailure({ detail: { ctx, error } }) {
  const { request, response } = ctx;
  if (response && response.status < 400) return; // posted; only displaying it failed
  const isStopped = error?.message === 'stopped';
  if (!isStopped && (!response || response.status >= 500)) return fail(keyOf(ctx), ACTS);
  giveBack(request.body, answeredBy(keyOf(ctx))); // the response is swapped in as the error
  if (isStopped) complain(t('Cancelled: nothing was sent.'));
}

/** `target`: what it answers, for the line above the field. */
function giveBack(body, target) {
  if (target && !answered()) answer(target);
  giveBackText(textOf(body));
  giveBackFiles(body);
  field.dispatchEvent(new Event('parley:emptied', { bubbles: true }));
}

/** Inserts a text before what was typed since, and after texts restored before it. */
function giveBackText(text) {
  if (text.trim() === '') return;
  if (!field.value.startsWith(returned)) returned = '';
  const typed = field.value.slice(returned.length);
  returned = returned === '' ? text : `${returned}\n${text}`;
  field.value = typed === '' || typed.startsWith('\n') ? returned + typed : `${returned}\n${typed}`;
}

/** What a page that was left has not seen through. With files it is a draft: browsers do not keep them. */
function takeOver({ key, text, replyTo, answered: target, hasFiles, why }, isSentAgain) {
  if (hasFiles) {
    if (target) answer(target);
    return giveBackText(text);
  }
  const body = new FormData();
  body.set('key', key);
  body.set('body', text);
  if (replyTo) body.set('reply_to', replyTo);
  if (isSentAgain) return resend(body);
  underway(body, [], target);
  fail(key, ACTS, why);
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

/** A command is done; the message that says so is not in the conversation. */
function onDone({ detail: { said, url } }) {
  announce(said, true);
  if (url) setTimeout(() => location.assign(site + url)); // after the command is settled
}

if (composer) {
  composer.addEventListener('parley:done', onDone);
  composer.addEventListener('htmx:config:request', onSend);
  composer.addEventListener('htmx:before:request', dropEmptyFiles);
  composer.addEventListener('htmx:response:error', onFailure);
  composer.addEventListener('htmx:error', onFailure);
  composer.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => settle(keyOf(ctx)));
  field.addEventListener('input', onInput);
  addEventListener('online', () => {
    for (const body of waitingForNetwork()) resend(body);
  });
  composer.addEventListener('htmx:after:init', () => setTimeout(() => resume(takeOver)), { once: true });
}
