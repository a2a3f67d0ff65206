import { z } from 'zod';
import { onOrOff, shortText } from '../http/fields.ts';

// Input of requests about one group. lib/api generates the OpenAPI document from the same schemas.

const on = onOrOff.transform((value) => value === '1');

const codeLimits = {
  expires: shortText.optional().describe('Validity of the code: never (no expiry), or hours or days such as 1h or 7d.'),
  uses: z
    .union([z.number().transform(String), shortText], 'must be unlimited, or a number')
    .optional()
    .describe('Maximum number of uses: unlimited, or a number.'),
};

const level = z
  .enum(['everything', 'mentions', 'nothing'], 'must be everything, mentions or nothing')
  .describe('Notifications: every message, only mentions of you, or none (the group is muted).');

export const memberForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('add'), name: shortText.describe('The name of the user to add.') }),
  z.object({ action: z.enum(['remove', 'moderator', 'member']), user: shortText.describe('The id of a member.') }),
  z.object({ action: z.literal('leave') }),
]);

export const membersQuery = z.object({
  q: shortText.optional().describe('Only members with a word of their log-in or display name that starts with this, 20 at most.'),
});

export const settingsForm = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('rename'),
    name: shortText.describe('The new name; the slug changes with it, and the old slug redirects.'),
  }),
  z.object({ action: z.literal('topic'), topic: shortText.describe('What the group is about, 250 characters at most.') }),
  z.object({ action: z.literal('code'), ...codeLimits }).describe('Creates a new join code; the old one is invalid at once.'),
  z.object({ action: z.literal('limits'), ...codeLimits }).describe('Replaces the limits of the present join code.'),
  z.object({ action: z.literal('open'), on }),
  z.object({ action: z.literal('archive'), on }),
  z.object({ action: z.literal('level'), level }).describe('Your own notifications of this group.'),
  z.object({ action: z.literal('favourite'), on }).describe('Puts the group first in your own list, or back.'),
  z.object({ action: z.literal('hide'), on }).describe('Hides direct messages from your own list until the next message.'),
]);
