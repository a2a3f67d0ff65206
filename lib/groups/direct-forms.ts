import { z } from 'zod';
import { shortText } from '../http/fields.ts';

const MAX_NAMED = 8;

export const directForm = z.object({
  with: z
    .union(
      [shortText.transform((one) => [one]), z.array(shortText).max(MAX_NAMED, `must name ${MAX_NAMED} at most`)],
      'must be names or ids',
    )
    .describe(
      'Who besides you: names or ids, several as a list or with commas between them. An empty list or an empty text: notes to yourself.',
    ),
});
