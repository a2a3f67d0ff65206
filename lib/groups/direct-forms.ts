import { z } from 'zod';
import { shortText } from '../http/fields.ts';

export const directForm = z.object({
  with: z
    .union(
      [
        shortText.transform((one) => [one]),
        z.array(shortText).min(1, 'must name somebody, or be empty text').max(8, 'must name 8 at most'),
      ],
      'must be names or ids',
    )
    .describe('Who besides you: names or ids, several as a list or with commas between them. Nobody: notes to yourself.'),
});
