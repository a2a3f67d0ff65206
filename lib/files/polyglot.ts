/** Where a page or a script would begin. */
const PAGE = /<(?:!doctype\s+html|html|script|svg|\?php)[\s>]/i;
/** Readers of PDF look for its mark this far in. */
const PDF_BYTES = 1024;
/** The end record of a ZIP, and the longest comment behind it. */
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_END_BYTES = 22;
const ZIP_COMMENT_BYTES = 65_535;

/** Whether what begins like a picture is also a page, a PDF or an archive: made to be taken for both, by whatever looks at the other end of it. */
export function isPolyglot(file: Buffer): boolean {
  const beginning = file.toString('latin1', 0, PDF_BYTES);
  return (
    PAGE.test(beginning) ||
    beginning.includes('%PDF-') ||
    PAGE.test(file.toString('latin1', Math.max(0, file.length - PDF_BYTES))) ||
    endsAsZip(file)
  );
}

/** A chance find does not say how much is left behind it. */
function endsAsZip(file: Buffer): boolean {
  const at = file.lastIndexOf(ZIP_END);
  if (at === -1 || at < file.length - ZIP_END_BYTES - ZIP_COMMENT_BYTES || at + ZIP_END_BYTES > file.length) return false;
  return file.readUInt16LE(at + 20) === file.length - at - ZIP_END_BYTES;
}
