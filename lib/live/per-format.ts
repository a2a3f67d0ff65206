import { inLanguage } from '../language/current.ts';
import { isFrame, isHtml, languageOf } from './formats.ts';
import { sseFrame } from './frame.ts';

type Kind = 'html' | 'frame' | 'json';

const kindOf = (format: string): Kind => (isFrame(format) ? 'frame' : isHtml(format) ? 'html' : 'json');

/** What streams of each format and language are sent; each is made once, and its bytes are shared. */
export class PerFormat {
  readonly #make: (kind: Kind) => string;
  readonly #made = new Map<string, Buffer>();

  constructor(make: (kind: Kind) => string) {
    this.#make = make;
  }

  for(format: string): Buffer {
    const [kind, language] = [kindOf(format), languageOf(format)];
    const key = `${kind} ${language}`;
    const made = this.#made.get(key) ?? Buffer.from(inLanguage(language, () => this.#make(kind)));
    this.#made.set(key, made);
    return made;
  }
}

/** A row as pages and live documents are sent it. */
export const asRow = (kind: 'html' | 'frame', row: string): string => (kind === 'frame' ? `${row.trim()}\n` : sseFrame(row.trim()));
