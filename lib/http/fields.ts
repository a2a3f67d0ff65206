import { z } from 'zod';

/** Text without a length limit here; the operation has one. */
export const text = z.string('must be text');

/** Text of a form field. */
export const shortText = text.max(1000, 'must have 1000 characters at most');

/** A path of this site to return to after a log-in; an authorization request has a long one. */
export const returnPath = text.max(8000, 'must have 8000 characters at most');

const YES: readonly unknown[] = [true, 'true', '1', 'on'];

/** A boolean, as JSON, a check box or a program's form sends it. */
export const flag = z
  .union([z.boolean(), z.enum(['1', '0', 'true', 'false', 'on'])], 'must be true or false')
  .transform((given) => YES.includes(given));

/** `1` for on, `0` for off, as buttons and programs send it. */
export const onOrOff = z.enum(['1', '0'], 'must be 1 or 0');

const MAX_WHOLE_NUMBER = 9_999_999_999;

/** An integer from 0 to 9,999,999,999, as a JSON number or digits. `z.coerce` would also accept null, true and arrays. */
export const wholeNumber = (description: string) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], 'must be a whole number')
    .pipe(
      z.number().int('must be a whole number').min(0, 'must not be negative').max(MAX_WHOLE_NUMBER, `must be ${MAX_WHOLE_NUMBER} at most`),
    )
    .meta({ type: 'integer', minimum: 0, maximum: MAX_WHOLE_NUMBER, description });

/** Of requests that post. An empty text, as from a form without a value, is none. */
export const replyTo = z
  .preprocess((value) => (value === '' ? undefined : value), wholeNumber('The seq of the message that this one answers.').optional())
  .optional();
