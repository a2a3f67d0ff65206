// Files for a message: chosen, pasted or dropped; shown before they are sent, and while. Without this script the browser's own control does the choosing.
(() => {
  const composer = () => document.getElementById('composer');
  const control = () => document.getElementById('attachment');
  const body = () => document.getElementById('body');

  let chosen = [];

  function complain(text) {
    const region = document.getElementById('composer-error');
    if (region) region.textContent = text;
  }

  function sizeText(bytes) {
    if (bytes < 1000) return `${bytes} bytes`;
    const step = Math.min(4, Math.floor(Math.log10(bytes) / 3));
    const amount = bytes / 1000 ** step;
    return `${amount < 9.95 ? Math.round(amount * 10) / 10 : Math.round(amount)} ${['', 'KB', 'MB', 'GB', 'TB'][step]}`;
  }

  // --- what is chosen ---

  function add(files, { first = false } = {}) {
    const most = Number(control().dataset.most);
    const bytes = Number(control().dataset.bytes);
    const fit = files.filter(({ size }) => size <= bytes);
    const large = files.find(({ size }) => size > bytes);
    const all = first ? [...fit, ...chosen] : [...chosen, ...fit];
    chosen = all.slice(0, most);
    show();
    if (large) complain(`${large.name} is too large: ${sizeText(bytes)} at most for each file.`);
    else if (all.length > most) complain(`A message has ${most} files at most.`);
    else if (!first) complain('');
  }

  /** The browser's control always holds what is shown, so that the form is sent with it however it is sent. */
  function show() {
    const transfer = new DataTransfer();
    for (const file of chosen) transfer.items.add(file);
    control().files = transfer.files;
    list().replaceChildren(...chosen.map(chip));
  }

  function list() {
    const present = composer().querySelector('.chosen');
    if (present) return present;
    const made = document.createElement('ul');
    made.className = 'chosen';
    made.setAttribute('aria-label', 'Files to send');
    composer().querySelector('label').before(made);
    return made;
  }

  function chip(file) {
    const item = document.createElement('li');
    const size = document.createElement('small');
    size.textContent = sizeText(file.size);
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.setAttribute('aria-label', `Remove ${file.name}`);
    const cross = document.createElement('span');
    cross.className = 'i i-cross';
    remove.append(cross);
    remove.addEventListener('click', (event) => {
      event.stopPropagation();
      chosen = chosen.filter((one) => one !== file);
      show();
      body().focus();
    });
    item.append(file.name, size, remove);
    return item;
  }

  document.addEventListener('change', ({ target }) => {
    if (target !== control()) return;
    add([...target.files]);
    body().focus();
  });

  document.addEventListener('paste', (event) => {
    const { files, types } = event.clipboardData;
    // Text that was copied from a document comes with a picture of itself.
    if (!control() || event.target !== body() || files.length === 0 || types.includes('text/plain')) return;
    event.preventDefault();
    add([...files]);
  });

  const carriesFiles = ({ dataTransfer }) => control() && dataTransfer?.types.includes('Files');

  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    composer().toggleAttribute('data-drop', true);
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) composer()?.removeAttribute('data-drop');
  });
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // else the browser goes to the file
    composer().removeAttribute('data-drop');
    add([...event.dataTransfer.files]);
    body().focus();
  });

  // --- how it is sent: with files by a request that tells how far it is, without any as a plain form ---

  const filesIn = (sent) => sent.getAll('attachment').filter((one) => one instanceof File && one.name !== '');

  document.addEventListener('htmx:config:request', ({ target, detail }) => {
    if (target !== composer() || chosen.length === 0) return;
    detail.ctx.fetch = upload;
    detail.ctx.request.timeout = '30m';
    chosen = [];
    show();
  });

  document.addEventListener('htmx:before:request', ({ target, detail }) => {
    const { request } = detail.ctx;
    if (target !== composer() || !(request.body instanceof FormData) || filesIn(request.body).length > 0) return;
    request.body.delete('attachment');
    request.body = new URLSearchParams(request.body);
  });

  let underway = 0;

  function upload(url, { method, headers, body: form, signal }) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    const bar = showProgress(filesIn(form), () => request.abort());
    request.upload.onprogress = ({ loaded, total }) => bar.tell(loaded / total);
    request.onload = () => resolve(new Response(request.responseText, { status: request.status, headers: headersOf(request) }));
    request.onerror = () => reject(new TypeError('The upload failed.'));
    request.onabort = () => reject(new Error('stopped')); // not an AbortError, of which htmx does not tell
    request.onloadend = () => {
      underway -= 1;
      bar.remove();
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
    const row = document.createElement('div');
    row.className = 'sending';
    const bar = document.createElement('progress');
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute('aria-label', 'Upload');
    const words = document.createElement('span');
    words.textContent = files.length === 1 ? files[0].name : `${files.length} files`;
    const cancel = document.createElement('button');
    cancel.type = 'button';
    cancel.className = 'quiet';
    cancel.textContent = 'Stop';
    cancel.addEventListener('click', stop);
    row.append(words, bar, cancel);
    composer().querySelector('label').before(row);
    return {
      tell: (part) => {
        bar.value = part;
      },
      remove: () => row.remove(),
    };
  }

  /** What did not get through comes back, before whatever was chosen since; live.js does so with the text. */
  function onFailure({ target, detail }) {
    const { request, response } = detail.ctx;
    if (target !== composer() || !(request.body instanceof FormData) || (response && response.status < 400)) return;
    add(filesIn(request.body), { first: true });
    if (detail.error?.message === 'stopped') complain('Stopped: nothing was sent.');
  }

  document.addEventListener('htmx:response:error', onFailure);
  document.addEventListener('htmx:error', onFailure);

  addEventListener('beforeunload', (event) => {
    if (underway > 0) event.preventDefault();
  });
})();
