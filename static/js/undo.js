// Undo disappears when it can no longer be done.

/** Of the rows in `root`, at the time that the server has given. */
export function expireUndo(root) {
  for (const form of root.querySelectorAll('form.undo')) {
    setTimeout(() => {
      if (form.contains(document.activeElement)) form.closest('.msg').focus({ preventScroll: true });
      form.remove();
    }, Number(form.dataset.left) * 1000);
  }
}

expireUndo(document);
