/** The beginning of a page or script. */
const PAGE = /<(?:!doctype\s+html|html|script|svg|\?php)[\s>]/i;
/** PDF readers look for `%PDF-` in the first 1024 bytes. */
const PDF_BYTES = 1024;
/** The end record of a ZIP archive, and the maximum length of the comment after it. */
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_END_BYTES = 22;
const ZIP_COMMENT_BYTES = 65_535;

/** Whether an image file is also a valid HTML page, script, PDF or ZIP archive (a polyglot). */
export function isPolyglot(file: Buffer): boolean {
  const beginning = file.toString('latin1', 0, PDF_BYTES);
  return (
    PAGE.test(beginning) ||
    beginning.includes('%PDF-') ||
    PAGE.test(file.toString('latin1', Math.max(0, file.length - PDF_BYTES))) ||
    endsAsZip(file)
  );
}

/** A coincidental match does not have the right comment length. */
function endsAsZip(file: Buffer): boolean {
  const at = file.lastIndexOf(ZIP_END);
  if (at === -1 || at < file.length - ZIP_END_BYTES - ZIP_COMMENT_BYTES || at + ZIP_END_BYTES > file.length) return false;
  return file.readUInt16LE(at + 20) === file.length - at - ZIP_END_BYTES;
}
