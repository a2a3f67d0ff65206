// What another app has shared: the service worker has taken text and files from the request (static/sw-offline.js); here they are put into the form.
import { byId, site } from './dom.js';

const form = byId('share');
const NAME = `parley${site}:shared`;
/** Later, nobody expects it any more. */
const MAX_AGE_MS = 3_600_000;

async function take() {
  if (!(await caches.has(NAME))) return;
  const cache = await caches.open(NAME);
  const answers = await Promise.all((await cache.keys()).map((request) => cache.match(request)));
  await caches.delete(NAME);
  const recent = answers.filter(({ headers }) => Date.now() - Number(headers.get('Parley-Kept')) < MAX_AGE_MS);
  for (const answer of recent) await put(answer);
}

async function put(answer) {
  const name = answer.headers.get('Parley-Name');
  if (name === null) {
    const text = await answer.text();
    if (byId('shared').value === '') byId('shared').value = text;
    return;
  }
  const control = byId('files');
  const transfer = new DataTransfer();
  for (const file of control.files) transfer.items.add(file);
  const blob = await answer.blob();
  transfer.items.add(new File([blob], decodeURIComponent(name), { type: blob.type }));
  control.files = transfer.files;
}

if (form && 'caches' in globalThis) take().catch(() => {});
