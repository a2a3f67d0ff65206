import { z } from 'zod';
import { flag, shortText } from '../http/fields.ts';

// What a client says of groups as a whole. These very schemas check it, and lib/api makes the API's description of them.

export const createForm = z.object({
  name: shortText.describe('Its name, 1 to 64 characters; the slug is made of it.'),
  open: flag.default(false).describe('Whether anyone here may join without a code.'),
});

export const joinForm = z.union(
  [z.object({ code: shortText.describe('The code of the group.') }), z.object({ slug: shortText.describe('The slug of an open group.') })],
  'give a code, or the slug of an open group',
);
