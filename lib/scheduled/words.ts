/** Of the words of a time: what they mean, in English and French. A pattern ends at white space, punctuation, or the end. */
export const word = (source: string): RegExp => new RegExp(`^(?:${source})(?=$|[\\s,;:!?.])`, 'iu');

const MONTHS = [
  'january|jan|janvier|janv',
  'february|feb|février|fevrier|févr|fevr',
  'march|mar|mars',
  'april|apr|avril|avr',
  'may|mai',
  'june|jun|juin',
  'july|jul|juillet|juil',
  'august|aug|août|aout',
  'september|sept|sep|septembre',
  'october|oct|octobre',
  'november|nov|novembre',
  'december|dec|décembre|decembre|déc',
];
/** From Sunday. Abbreviations are English only: those of French are words of their own. */
const WEEKDAYS = [
  'sunday|dimanche',
  'monday|lundi',
  'tuesday|mardi',
  'wednesday|mercredi',
  'thursday|jeudi',
  'friday|vendredi',
  'saturday|samedi',
];
const SHORT_WEEKDAYS = ['sun', 'mon', 'tues?', 'wed', 'thu(?:rs?)?', 'fri', 'sat'];

/** The index of the alternative that is the whole text. */
const indexIn = (names: readonly string[], text: string): number => names.findIndex((name) => new RegExp(`^(?:${name})$`, 'iu').test(text));

export const MONTH = MONTHS.join('|');
export const WEEKDAY = WEEKDAYS.join('|');
export const SHORT_WEEKDAY = SHORT_WEEKDAYS.join('|');

/** 1 to 12. */
export const monthOf = (text: string): number => indexIn(MONTHS, text) + 1;
/** 0 is Sunday. */
export const weekdayOf = (text: string): number => Math.max(indexIn(WEEKDAYS, text), indexIn(SHORT_WEEKDAYS, text));

/** The units of `in 20 minutes`, largest first. */
export const UNITS = [
  ['week', 'w|weeks?|semaines?'],
  ['day', 'd|days?|j|jours?'],
  ['hour', 'h|hrs?|hours?|heures?'],
  ['minute', 'm|mn|mins?|minutes?'],
] as const;
export type Unit = (typeof UNITS)[number][0];
