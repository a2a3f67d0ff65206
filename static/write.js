// What the keyboard does in a conversation: an answer begins with what it answers to, arrow-up opens the last message again, and ? says all this.
(() => {
  const body = () => document.getElementById('body');
  const isTyping = (element) => element?.matches('input, textarea, select, [contenteditable]') ?? false;

  function complain(text) {
    const region = document.getElementById('composer-error');
    if (region) region.textContent = text;
  }

  // --- an answer: the quotation goes behind what is typed already ---

  async function onReply(event) {
    const link = event.target.closest?.('a.reply');
    const field = body();
    if (!link || !field || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    link.closest('details')?.removeAttribute('open');
    const url = link.closest('.msg').querySelector('header a').href;
    const quote = await fetch(`${url}/quote`).then(
      (response) => (response.ok ? response.text() : undefined),
      () => undefined,
    );
    if (quote === undefined) return complain('The server did not answer. Try again.');
    const typed = field.value.trimEnd();
    field.value = typed === '' ? quote : `${typed}\n\n${quote}`;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    field.scrollTop = field.scrollHeight;
  }

  // --- arrow-up in an empty field: the last message of one's own, in its place; the focus comes back when it is saved or left as it was ---

  let edited = null;

  function onArrowUp(event) {
    const { target, key, shiftKey, ctrlKey, altKey, metaKey, isComposing } = event;
    if (key !== 'ArrowUp' || target.id !== 'body' || target.value !== '') return;
    if (shiftKey || ctrlKey || altKey || metaKey || isComposing || event.defaultPrevented) return;
    const own = document.querySelectorAll(`#messages > .msg[data-author="${document.body.dataset.viewer}"]:not(.gone)`);
    const last = own[own.length - 1];
    const link = last?.querySelector('.acts a.own');
    if (!link) return;
    event.preventDefault();
    edited = last.id;
    link.click();
  }

  /** Also told when a row was put in the place of another. */
  function onRow({ detail: row }) {
    if (row.id !== edited || row.querySelector('form.edit')) return;
    edited = null;
    body()?.focus();
  }

  // --- help ---

  function onHelp(event) {
    const keys = document.getElementById('keys');
    if (event.key !== '?' || !keys || keys.open || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys.showModal();
  }

  /** The actions of a message open above it, and may be out of sight there. */
  function onToggle({ target }) {
    if (target.open && target.matches('details.acts')) target.querySelector(':scope > div').scrollIntoView({ block: 'nearest' });
  }

  document.addEventListener('toggle', onToggle, true); // it does not bubble
  document.addEventListener('click', (event) => {
    if (event.target.closest?.('[data-opens]')) document.getElementById(event.target.closest('[data-opens]').dataset.opens)?.showModal();
    void onReply(event);
  });
  document.addEventListener('keydown', onArrowUp);
  document.addEventListener('keydown', onHelp);
  document.addEventListener('parley:row', onRow);
})();
