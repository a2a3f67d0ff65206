import { z } from 'zod';

/** Text of any length: what it is for bounds it. */
export const text = z.string('must be text');

/** Text of a form's field. */
export const shortText = text.max(1000, 'must have 1000 characters at most');

const YES: readonly unknown[] = [true, 'true', '1', 'on'];

/** Yes or no as JSON, a check box or the form of a program has it. */
export const flag = z
  .union([z.boolean(), z.enum(['1', '0', 'true', 'false', 'on'])], 'must be true or false')
  .transform((given) => YES.includes(given));

/** What a check box, a button or a program says for yes and no. */
export const onOrOff = z.enum(['1', '0'], 'must be 1 or 0');

const MOST = 9_999_999_999;

/** A number from 0 to 9,999,999,999, as JSON has it or as digits. `z.coerce` would also take null, true and arrays for numbers. */
export const wholeNumber = (description: string) =>
  z
    .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], 'must be a whole number')
    .pipe(z.number().int('must be a whole number').min(0, 'must not be negative').max(MOST, `must be ${MOST} at most`))
    .meta({ type: 'integer', minimum: 0, maximum: MOST, description });
