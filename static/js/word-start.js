/** Whether a word in a name begins as typed: the rule of lib/text/word-start.ts. */
export function startsAWord(name, typed) {
  const [whole, begin] = [name, typed].map((text) => text.normalize('NFKC').toLowerCase());
  let at = whole.indexOf(begin);
  while (at > 0 && /[\p{L}\p{M}\p{N}]$/u.test(whole.slice(Math.max(0, at - 2), at))) at = whole.indexOf(begin, at + 1);
  return at !== -1;
}
