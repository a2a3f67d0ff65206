// Shows a picture of a message over the page. Arrow keys go to the other pictures of the conversation, Escape closes.
import { make, t } from './dom.js';

let dialog = null;
let shown = null; // the link of the picture

const links = () => [...document.querySelectorAll('.files a.image')];
/** The link may have been replaced by the next revision of its row. */
const current = () => links().find((link) => link === shown) ?? links().find(({ href }) => href === shown.href);

function show(link) {
  shown = link;
  const all = links();
  const at = all.indexOf(link);
  const { alt } = link.querySelector('img');
  const image = make('img', { src: link.href, alt });
  image.toggleAttribute('data-loading', !image.complete);
  image.addEventListener('load', () => image.removeAttribute('data-loading'));
  dialog.querySelector('img').replaceWith(image);
  dialog.querySelector('.caption').textContent = alt;
  dialog.querySelector('.count').textContent = all.length > 1 ? t('{1} of {2}', at + 1, all.length) : '';
  dialog.querySelector('a').href = link.href;
  for (const [name, to] of [
    ['.earlier', at - 1],
    ['.later', at + 1],
  ])
    dialog.querySelector(name).disabled = !all[to];
}

function step(by) {
  const all = links();
  const next = all[all.indexOf(current()) + by];
  if (next) show(next);
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

function create() {
  const control = (className, label, icon, act) => {
    const button = make('button', { type: 'button', className, 'aria-label': label }, make('span', { className: `i ${icon}` }));
    button.addEventListener('click', act);
    return button;
  };
  dialog = make(
    'dialog',
    { className: 'lightbox', 'aria-label': t('The picture') },
    make('img', { alt: '' }),
    make(
      'div',
      { className: 'strip' },
      make('p', {}, make('span', { className: 'caption', dir: 'auto' }), ' ', make('small', { className: 'count', role: 'status' })),
      control('earlier', t('Previous picture'), 'i-back', () => step(-1)),
      control('later', t('Next picture'), 'i-back', () => step(1)),
      make('a', { className: 'button plain', target: '_blank', rel: 'noopener', textContent: t('Open') }),
      control('close', t('Close'), 'i-cross', () => dialog.close()),
    ),
  );
  dialog.addEventListener('keydown', (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    step(STEPS[event.key] * (getComputedStyle(dialog).direction === 'rtl' ? -1 : 1));
  });
  dialog.addEventListener('click', ({ target }) => (target === dialog || target.matches('img')) && dialog.close());
  dialog.addEventListener('close', () => {
    dialog.remove();
    current()?.focus();
    dialog = null;
  });
  document.body.append(dialog);
}

document.addEventListener('parley:picture', ({ detail: link }) => {
  if (dialog) return;
  create();
  show(link);
  dialog.showModal();
});
