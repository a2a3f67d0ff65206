// Long blocks of code are cut; a button shows all of them.
import { make, t } from './dom.js';
import { steady } from './viewport.js';

const textOf = (code) => (code.hasAttribute('data-whole') ? t('Show less') : t('Show all {1} lines', code.textContent.split('\n').length));

/** Adds the buttons in a new row. */
export function foldCode(root) {
  for (const code of root.querySelectorAll('pre.tall')) {
    if (code.nextElementSibling?.matches('.unfold')) continue;
    const button = make('button', { type: 'button', className: 'unfold', textContent: textOf(code) });
    button.addEventListener('click', () => {
      steady(() => code.toggleAttribute('data-whole'), true);
      button.textContent = textOf(code);
    });
    code.after(button);
  }
}

/** The next revision of a row shows the same code in full. */
export function keepUnfolded(present, row) {
  const codes = row.querySelectorAll('pre.tall');
  for (const [index, code] of present.querySelectorAll('pre.tall').entries())
    if (code.hasAttribute('data-whole')) codes[index]?.setAttribute('data-whole', '');
}

foldCode(document);
