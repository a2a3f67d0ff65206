// Scheduled messages: takes what is typed in the composer to the form with a time, which is a page; shows the time in that form in the zone of the browser.
import { attempt, byId, composer, field, make } from './dom.js';

/** The answered message is in one of several fields of that name; the others are disabled. */
function open({ detail: { formAction } }) {
  const answered = [...new FormData(composer).getAll('reply_to')].map((value) =>
    make('input', { type: 'hidden', name: 'reply_to', value }),
  );
  const text = make('textarea', { name: 'body', value: field.value });
  const form = make('form', { method: 'post', action: formAction, hidden: true }, text, ...answered);
  document.body.append(form);
  form.submit();
}

/** The draft of the composer is this message now. */
function forget(text) {
  for (const storage of [() => sessionStorage, () => localStorage])
    attempt(() => {
      for (const [key, value] of Object.entries(storage())) if (key.startsWith('draft:') && value === text) storage().removeItem(key);
    });
}

const form = byId('schedule');

/** As `<input type="datetime-local">` has it. */
function localise() {
  const { at, time_zone: zone } = form.elements;
  const date = new Date(form.dataset.iso);
  const name = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  at.value = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short' }).format(date).replace(' ', 'T');
  zone.value = name;
  form.querySelector('.own-zone').textContent = name;
}

if (form?.dataset.iso) localise();
form?.addEventListener('submit', () => forget(form.elements.body.defaultValue));
document.addEventListener('parley:schedule', open);
