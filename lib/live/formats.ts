import { isLanguage, type Language } from '../language/current.ts';
import type { Look } from '../views/render.ts';

/** The choices of a reader that a row follows. */
export type RowLook = Pick<Look, 'timeZone' | 'clock'>;

/** The rows of the page without JavaScript, in the reader's language, zone and clock: `frame fr Europe/Paris 12`; `frame` for English and the site's. */
export type FrameFormat = 'frame' | `frame ${string}`;
/** The rows of pages in a language: `html fr`; `html` for English. */
export type HtmlFormat = 'html' | `html ${Language}`;

/** The format of a stream: `html` rows for pages, `json` for programs, `text` for shells, `frame` rows for the page without JavaScript. */
export type StreamFormat = HtmlFormat | 'json' | 'text' | FrameFormat;
/** The format that an entry is rendered in. Multi-group streams use `event` (JSON without an id) and `line` (text prefixed with the group's slug). */
export type Form = StreamFormat | 'event' | 'line';

export const isFrame = (form: string): form is FrameFormat => form.startsWith('frame');

export const isHtml = (form: string): form is HtmlFormat => form.startsWith('html');

type KindOf<F extends string> = F extends `${infer Kind} ${string}` ? Kind : F;

/** Whether a stream of this format shows text as HTML. */
export const showsHtml = (format: string): boolean => isHtml(format) || isFrame(format);

/** By which streams are counted. */
export const kindOf = <F extends string>(format: F): KindOf<F> => format.split(' ', 1)[0] as KindOf<F>;

/** The format of what a page shows, in a language. */
export const formatIn = <K extends 'html' | 'sidebar'>(kind: K, language: Language): K | `${K} ${Language}` =>
  language === 'en' ? kind : `${kind} ${language}`;

/** The frame of a reader. */
export const frameFor = ({ timeZone, clock }: RowLook, language: Language): FrameFormat =>
  language === 'en' && timeZone === '' && clock !== '12' ? 'frame' : `frame ${language} ${timeZone} ${clock}`;

/** The language of a format; that of programs is English. */
export function languageOf(form: string): Language {
  const [, language] = form.split(' ', 2);
  return isLanguage(language) ? language : 'en';
}

/** What the frame says about the reader. */
export function lookIn(form: FrameFormat): RowLook {
  const [, , timeZone = '', clock] = form.split(' ');
  return { timeZone, clock: clock === '12' ? '12' : '' };
}
