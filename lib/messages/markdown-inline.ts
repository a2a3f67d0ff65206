/** A piece of a line: text, code, or a mark around further pieces. */
export type Inline =
  | { readonly type: 'text' | 'code'; readonly text: string }
  | { readonly type: 'bold' | 'italic' | 'strike' | 'spoiler'; readonly of: readonly Inline[] }
  | { readonly type: 'link'; readonly url: string; readonly of: readonly Inline[] };

const MARKS = { '**': 'bold', __: 'bold', '*': 'italic', _: 'italic', '~~': 'strike', '||': 'spoiler' } as const;
type Mark = keyof typeof MARKS;
const isMark = (text: string): text is Mark => Object.hasOwn(MARKS, text);

/** Marks nested deeper are text. */
const MOST_DEEP = 12;
const WORD = /[\p{L}\p{N}]/u;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

const PLAIN = /[^\\`*_~|[!<hHmM]+/y;
const LINK = /!?\[((?:\\.|[^[\]\\\n]){0,1000})\]\(\s*((?:\\.|[^\s()\\<>]|\([^\s()<>]*\)){1,2000})(?:\s+"[^"\n]{0,200}")?\s*\)/y;
const ANGLE_LINK = /<((?:https?:\/\/|mailto:)[^\s<>|]{1,2000})>/iy;
const URL_IN_TEXT = /(?:https?:\/\/|mailto:)[^\s<>`*|\\[\]]+/iy;

/** What is open: the mark, and what came since. */
type Frame = { readonly mark: Mark | undefined; of: Inline[] };

/** One pass over a text. The time is in proportion to its length, whatever it says. */
class Scanner {
  readonly #source: string;
  readonly #runs: ReadonlyMap<number, number[]>;
  readonly #frames: Frame[] = [{ mark: undefined, of: [] }];
  readonly #mayLink: boolean;
  #text = '';
  #at = 0;

  constructor(source: string, mayLink: boolean) {
    this.#source = source;
    this.#mayLink = mayLink;
    this.#runs = backtickRuns(source);
  }

  scan(): Inline[] {
    while (this.#at < this.#source.length) {
      const isTaken = this.#plain() || this.#escape() || this.#code() || this.#link() || this.#mark();
      if (!isTaken) this.#say(this.#source.charAt(this.#at), 1);
    }
    while (this.#frames.length > 1) this.#giveUp();
    this.#flush();
    return this.#frames[0]?.of ?? [];
  }

  #say(text: string, length: number): true {
    this.#text += text;
    this.#at += length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source);
  }

  #plain(): boolean {
    const [text] = this.#match(PLAIN) ?? [];
    return text !== undefined && this.#say(text, text.length);
  }

  #escape(): boolean {
    const next = this.#source.charAt(this.#at + 1);
    return this.#source.charAt(this.#at) === '\\' && PUNCTUATION.test(next) && this.#say(next, 2);
  }

  #code(): boolean {
    if (this.#source.charAt(this.#at) !== '`') return false;
    const length = runLength(this.#source, this.#at);
    const runs = this.#runs.get(length);
    while (runs?.length && (runs.at(-1) ?? 0) <= this.#at) runs.pop();
    const end = runs?.at(-1);
    if (end === undefined) return this.#say('`'.repeat(length), length);
    const inner = this.#source.slice(this.#at + length, end);
    const isPadded = inner.startsWith(' ') && inner.endsWith(' ') && inner.trim() !== '';
    this.#add({ type: 'code', text: isPadded ? inner.slice(1, -1) : inner });
    this.#at = end + length;
    return true;
  }

  #link(): boolean {
    const char = this.#source.charAt(this.#at);
    if (char === '[' || char === '!') return this.#labelled();
    if (char === '<') return this.#angled();
    if (!/[hm]/i.test(char) || WORD.test(this.#before())) return false;
    const [url = ''] = this.#match(URL_IN_TEXT) ?? [];
    const kept = url.replace(/[_~]{1,20}$/, '');
    return kept !== '' && this.#say(kept, kept.length); // text yet: whoever shows it finds the links in it
  }

  #labelled(): boolean {
    const [whole, label = '', url = ''] = this.#match(LINK) ?? [];
    if (whole === undefined || !this.#mayLink) return false;
    const of = new Scanner(label, false).scan();
    const target = unescaped(url);
    this.#add({ type: 'link', url: target, of: of.length > 0 ? of : [{ type: 'text', text: target }] });
    this.#at += whole.length;
    return true;
  }

  #angled(): boolean {
    const [whole, url = ''] = this.#match(ANGLE_LINK) ?? [];
    if (whole === undefined || !this.#mayLink) return false;
    this.#add({ type: 'link', url, of: [{ type: 'text', text: url }] });
    this.#at += whole.length;
    return true;
  }

  #before(): string {
    return this.#source.charAt(this.#at - 1);
  }

  #mark(): boolean {
    const mark = this.#markHere();
    if (!mark) return false;
    const [before, after] = [this.#before(), this.#source.charAt(this.#at + mark.length)];
    const isTight = mark === '*' || mark.startsWith('_');
    const mayClose = /\S/.test(before) && !(isTight && WORD.test(after));
    const open = mayClose ? this.#frames.findLastIndex((frame) => frame.mark === mark) : -1;
    if (open > 0 && this.#close(open, mark)) return true;
    const mayOpen = /\S/.test(after) && !(isTight && WORD.test(before)) && this.#frames.length < MOST_DEEP;
    if (!mayOpen) return this.#say(mark, mark.length);
    this.#flush();
    this.#frames.push({ mark, of: [] });
    this.#at += mark.length;
    return true;
  }

  #markHere(): Mark | undefined {
    const [one, two] = [this.#source.charAt(this.#at), this.#source.slice(this.#at, this.#at + 2)];
    const endsItalic = two === '**' && this.#frames.at(-1)?.mark === '*' && /\S/.test(this.#before());
    if (isMark(two) && !endsItalic) return two;
    return isMark(one) ? one : undefined;
  }

  #close(index: number, mark: Mark): boolean {
    const isEmpty = index === this.#frames.length - 1 && this.#text === '' && this.#frames[index]?.of.length === 0;
    if (isEmpty) return false;
    while (this.#frames.length - 1 > index) this.#giveUp();
    this.#flush();
    const { of } = this.#frames.pop() ?? { of: [] };
    this.#frames.at(-1)?.of.push({ type: MARKS[mark], of });
    this.#at += mark.length;
    return true;
  }

  /** A mark that was never closed is text. */
  #giveUp(): void {
    this.#flush();
    const { mark, of } = this.#frames.pop() ?? { mark: undefined, of: [] };
    const into = this.#frames.at(-1)?.of ?? [];
    for (const one of [{ type: 'text' as const, text: mark ?? '' }, ...of]) join(into, one);
  }

  #flush(): void {
    if (this.#text !== '') join(this.#frames.at(-1)?.of ?? [], { type: 'text', text: this.#text });
    this.#text = '';
  }

  #add(one: Inline): void {
    this.#flush();
    this.#frames.at(-1)?.of.push(one);
  }
}

/** Neighbouring texts are one, so that an address or a name that was escaped is found whole. */
function join(into: Inline[], one: Inline): void {
  const last = into.at(-1);
  if (one.type === 'text' && last?.type === 'text') into[into.length - 1] = { type: 'text', text: last.text + one.text };
  else into.push(one);
}

function runLength(source: string, at: number): number {
  let end = at;
  while (source.charAt(end) === '`') end += 1;
  return end - at;
}

/** Where the runs of so many backticks begin, the last first. */
function backtickRuns(source: string): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (const { 0: run, index } of source.matchAll(/`+/g)) {
    const known = runs.get(run.length);
    if (known) known.push(index);
    else runs.set(run.length, [index]);
  }
  for (const list of runs.values()) list.reverse();
  return runs;
}

const unescaped = (text: string): string => text.replace(/\\([!-/:-@[-`{-~])/g, '$1');

/** Reads the marks of a text: `**bold**`, `*italic*`, `~~struck~~`, `||spoiler||`, `` `code` ``, `[label](url)`, `<url>`, `\` before punctuation. */
export const parseInline = (source: string): Inline[] => new Scanner(source, true).scan();
