// Files of a message: chosen, pasted or dropped, and listed before they are sent. Without this script the browser's file input is used.
import { byId, complain, composer, field, make, t } from './dom.js';

const control = byId('attachment');
let chosen = [];

function sizeText(bytes) {
  if (bytes < 1000) return t('{1} bytes', bytes);
  const step = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** step;
  const rounded = amount < 9.95 ? Math.round(amount * 10) / 10 : Math.round(amount);
  const shown = rounded.toLocaleString(document.documentElement.lang, { useGrouping: false });
  return [t('{1} KB', shown), t('{1} MB', shown), t('{1} GB', shown), t('{1} TB', shown)][step - 1];
}

// --- chosen files ---

function add(files, { first = false } = {}) {
  const most = Number(control.dataset.max);
  const bytes = Number(control.dataset.bytes);
  const fit = files.filter(({ size }) => size <= bytes);
  const large = files.find(({ size }) => size > bytes);
  const all = first ? [...fit, ...chosen] : [...chosen, ...fit];
  choose(all.slice(0, most));
  if (large) complain(t('{1} is too large: {2} at most for each file.', large.name, sizeText(bytes)));
  else if (all.length > most) complain(t('A message can have at most {1} files.', most));
  else if (!first) complain('');
}

/** The browser's file input always has the listed files, so that the form is complete however it is sent. */
function choose(files) {
  chosen = files;
  const transfer = new DataTransfer();
  for (const file of chosen) transfer.items.add(file);
  control.files = transfer.files;
  listed().replaceChildren(...chosen.map(chip));
}

/** Puts an element of the composer above its field. */
function above(element) {
  composer.querySelector('label').before(element);
  return element;
}

const listed = () => composer.querySelector('.chosen') ?? above(make('ul', { className: 'chosen', 'aria-label': t('Files to send') }));

const MAX_ALT = 1500;
const THUMB = 44;
const alts = new WeakMap(); // what was typed, by file
const isPicture = ({ type }) => /^image\/(?:jpeg|png|gif|webp|avif)$/.test(type);

/** A small copy: the page's policy allows no URL of a whole one. */
function thumbOf(file) {
  const canvas = make('canvas', { width: THUMB * 2, height: THUMB * 2, 'aria-hidden': 'true' });
  createImageBitmap(file)
    .then((image) => {
      const side = Math.min(image.width, image.height);
      const [x, y] = [(image.width - side) / 2, (image.height - side) / 2];
      canvas.getContext('2d').drawImage(image, x, y, side, side, 0, 0, canvas.width, canvas.height);
    })
    .catch(() => canvas.remove());
  return canvas;
}

function altField(file, index) {
  const label = t('What {1} shows', file.name);
  const input = make('input', { className: 'alt', name: `alt_${index + 1}`, maxLength: MAX_ALT, dir: 'auto', autocomplete: 'off' });
  Object.assign(input, { value: alts.get(file) ?? '', placeholder: t('Describe it for those who do not see it'), ariaLabel: label });
  input.addEventListener('input', () => alts.set(file, input.value));
  return input;
}

function chip(file, index) {
  const cross = make('span', { className: 'i i-cross' });
  const remove = make('button', { type: 'button', 'aria-label': t('Remove {1}', file.name) }, cross);
  remove.addEventListener('click', (event) => {
    event.stopPropagation();
    choose(chosen.filter((one) => one !== file));
    field.focus();
  });
  const size = make('small', { textContent: sizeText(file.size) });
  if (!isPicture(file)) return make('li', {}, file.name, size, remove);
  const about = make('span', { className: 'about' }, make('span', {}, file.name, ' ', size), altField(file, index));
  return make('li', { className: 'picture' }, thumbOf(file), about, remove);
}

function addFrom(files) {
  add([...files]);
  field.focus();
}

const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files');

function onDrag(event) {
  if (!carriesFiles(event)) return;
  event.preventDefault(); // otherwise the browser opens the file
  composer.toggleAttribute('data-drop', event.type === 'dragover');
  if (event.type === 'drop') addFrom(event.dataTransfer.files);
}

function onPaste(event) {
  const { files, types } = event.clipboardData;
  if (files.length === 0 || types.includes('text/plain')) return; // text copied from a document also has an image of it
  event.preventDefault();
  add([...files]);
}

if (control) {
  control.addEventListener('change', () => addFrom(control.files));
  field.addEventListener('paste', onPaste);
  document.addEventListener('dragover', onDrag);
  document.addEventListener('drop', onDrag);
  document.addEventListener('dragleave', ({ relatedTarget }) => !relatedTarget && composer.removeAttribute('data-drop'));
}

// --- sending: with files by XMLHttpRequest, which reports progress; without files as a plain form ---

/** The files in the body of a request. */
export const filesIn = (sent) => sent.getAll('attachment').filter((one) => one instanceof File && one.name !== '');

/** Sends files with the request that is being prepared: the chosen ones, or those of a message that is sent again. */
export function attach(ctx, files = chosen) {
  if (files.length === 0) return;
  ctx.fetch = upload;
  ctx.request.timeout = '30m';
  if (files === chosen) choose([]);
}

/** Restores the files of a failed request, before those chosen since. */
export function giveBackFiles(sent) {
  if (!(sent instanceof FormData)) return;
  const files = filesIn(sent);
  for (const [index, file] of files.entries()) alts.set(file, sent.get(`alt_${index + 1}`) ?? '');
  add(files, { first: true });
}

let underway = 0;

function upload(url, { method, headers, body: form, signal }) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const request = new XMLHttpRequest();
  request.open(method, url);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  const [row, bar] = showProgress(filesIn(form), () => request.abort());
  request.upload.onprogress = ({ loaded, total }) => {
    bar.value = loaded / total;
  };
  request.onload = () => resolve(new Response(request.responseText, { status: request.status, headers: headersOf(request) }));
  request.onerror = () => reject(new TypeError('The upload failed.'));
  request.onabort = () => reject(new Error('stopped')); // htmx would not report an AbortError
  request.onloadend = () => {
    underway -= 1;
    row.remove();
  };
  signal?.addEventListener('abort', () => request.abort());
  underway += 1;
  request.send(form);
  return promise;
}

function headersOf(request) {
  const lines = request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/);
  return lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}

function showProgress(files, stop) {
  const bar = make('progress', { max: 1, value: 0, 'aria-label': t('Uploading') });
  const name = make('span', { textContent: files.length === 1 ? files[0].name : t('{1} files', files.length) });
  const cancel = make('button', { type: 'button', className: 'quiet', textContent: t('Stop') });
  cancel.addEventListener('click', stop);
  return [above(make('div', { className: 'sending' }, name, bar, cancel)), bar];
}

addEventListener('beforeunload', (event) => underway > 0 && event.preventDefault());
