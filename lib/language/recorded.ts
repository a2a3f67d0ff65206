import { currentLanguage, inLanguage } from './current.ts';

/** A text with its values, in the current language. */
export type RecordedText = (...values: string[]) => string;

/** Stand for the values while the English text is compared: in no text, since names and reasons have no such characters. */
const MARKS = ['\ue001', '\ue002', '\ue003'];

/**
 * Shows what was recorded in English, for programs and for everybody who reads it later, in the current language: the first of `texts` whose English text
 * it is. A text that is none of them is shown as it was recorded.
 */
export function recordedIn(texts: readonly RecordedText[]): (recorded: string) => string {
  let known: readonly { readonly text: RecordedText; readonly pattern: RegExp }[] | undefined;
  return (recorded) => {
    if (currentLanguage() === 'en') return recorded;
    known ??= texts.map((text) => ({ text, pattern: patternOf(text) }));
    for (const { text, pattern } of known) {
      const found = pattern.exec(recorded);
      if (found) return text(...found.slice(1));
    }
    return recorded;
  };
}

/** The English text, with a group for each value. */
function patternOf(text: RecordedText): RegExp {
  const english = inLanguage('en', () => text(...MARKS)).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${english.replace(/[\ue001-\ue003]/g, '(.+)')}$`, 's');
}
