import { z } from 'zod';
import { invalid } from '../errors.ts';
import { onOrOff, shortText } from '../http/fields.ts';
import { t } from '../language/text.ts';

/** What an administrator selects on the page; an empty field is no condition. */
export const eraseForm = z.object({
  action: z.enum(['count', 'erase'], 'must be count or erase'),
  group: shortText.default(''),
  author: shortText.default(''),
  from: shortText.default(''),
  to: shortText.default(''),
  after: shortText.default(''),
  before: shortText.default(''),
  words: shortText.default(''),
});

export const keepForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('days'), group: shortText, days: shortText }),
  z.object({ action: z.literal('hold'), group: shortText, on: onOrOff }),
]);

/** A day (UTC) or a time of RFC 3339 as ms. Undefined for an empty text. Throws `invalid` with this field. */
export function timeIn(field: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const at = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw invalid(field, t`${field} must be a day such as 2026-11-29, or a time such as 2026-11-29T12:00:00Z.`);
  return at;
}

/** Undefined for an empty text. Throws `invalid` with this field. */
export function seqIn(field: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw invalid(field, t`${field} must be the number of a message, as in its URL.`);
  return Number(text);
}
