import { z } from 'zod';
import { shortText } from '../http/fields.ts';

const MAX_NAMED = 8;

export const directForm = z.object({
  with: z
    .union(
      [shortText.transform((one) => [one]), z.array(shortText).max(MAX_NAMED, `must name ${MAX_NAMED} at most`)],
      'must be names or ids',
    )
    .describe('The other people: names or ids, as a list or separated by commas. An empty list or an empty text: notes to yourself.'),
});
