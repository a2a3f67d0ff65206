import { z } from 'zod';
import { flag, shortText } from '../http/fields.ts';

// Input of requests that create and join groups. lib/api generates the OpenAPI document from the same schemas.

export const createForm = z.object({
  name: shortText.describe('The name, 1 to 64 characters; the slug is derived from it.'),
  open: flag.default(false).describe('Whether anyone here may join without a code.'),
});

export const joinForm = z.union(
  [z.object({ code: shortText.describe('The code of the group.') }), z.object({ slug: shortText.describe('The slug of an open group.') })],
  'give a code, or the slug of an open group',
);
