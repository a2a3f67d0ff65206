// Passkeys, on the pages of the log-in and of the second factor. Their forms are hidden until it is known that the browser can use them.
import { ask, site, t } from './dom.js';

const { PublicKeyCredential: Passkey } = globalThis;
const isAble = Passkey?.parseCreationOptionsFromJSON !== undefined;

async function optionsFor(form) {
  const response = await ask(site + form.dataset.options, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

/** Asks the authenticator, then sends the form with its answer. */
async function answer(form) {
  const options = await optionsFor(form);
  const credential =
    form.dataset.passkey === 'create'
      ? await navigator.credentials.create({ publicKey: Passkey.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: Passkey.parseRequestOptionsFromJSON(options) });
  form.elements.namedItem('response').value = JSON.stringify(credential.toJSON());
  form.submit();
}

/** A person who closes the browser's dialog knows why nothing has happened. */
const reasonOf = ({ name, message }) =>
  name === 'NotAllowedError' ? '' : name === 'InvalidStateError' ? t('This device has a passkey for your account already.') : message;

for (const form of isAble ? document.querySelectorAll('form[data-passkey]') : []) {
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wrong = form.querySelector('.wrong');
    wrong.textContent = '';
    answer(form).catch((error) => {
      wrong.textContent = reasonOf(error);
    });
  });
}
