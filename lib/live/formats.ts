import type { Look } from '../views/render.ts';

/** The choices of a reader that a row follows. */
export type RowLook = Pick<Look, 'timeZone' | 'clock'>;

/** The rows of the page without JavaScript, in the reader's zone and clock: `frame Europe/Paris 12`; `frame` for the site's. */
export type FrameFormat = 'frame' | `frame ${string}`;

/** The format of a stream: `html` rows for pages, `json` for programs, `text` for shells, `frame` rows for the page without JavaScript. */
export type StreamFormat = 'html' | 'json' | 'text' | FrameFormat;
/** The format that an entry is rendered in. Multi-group streams use `event` (JSON without an id) and `line` (text prefixed with the group's slug). */
export type Form = StreamFormat | 'event' | 'line';

export const isFrame = (form: string): form is FrameFormat => form.startsWith('frame');

/** By which streams are counted. */
export const kindOf = <F extends string>(format: F | FrameFormat): Exclude<F, FrameFormat> | 'frame' =>
  isFrame(format) ? 'frame' : (format as Exclude<F, FrameFormat>);

/** The frame of a reader. */
export const frameFor = ({ timeZone, clock }: RowLook): FrameFormat =>
  timeZone === '' && clock !== '12' ? 'frame' : `frame ${timeZone} ${clock}`;

/** What it says about the reader. */
export function lookIn(form: FrameFormat): RowLook {
  const [, timeZone = '', clock] = form.split(' ');
  return { timeZone, clock: clock === '12' ? '12' : '' };
}
