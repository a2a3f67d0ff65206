import { z } from 'zod';
import { onOrOff, shortText } from '../http/fields.ts';

// What a client says of one group. These very schemas check it, and lib/api makes the API's description of them.

const on = onOrOff.transform((value) => value === '1');

const codeLimits = {
  expires: shortText.optional().describe('How long the code holds: never, or hours or days such as 1h or 7d.'),
  uses: z
    .union([z.number().transform(String), shortText], 'must be unlimited, or a number')
    .optional()
    .describe('How many it lets in: unlimited, or a number.'),
};

const level = z
  .enum(['everything', 'mentions', 'nothing'], 'must be everything, mentions or nothing')
  .describe('Every message, those that name you, or none: nothing mutes the group.');

export const memberForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('add'), name: shortText.describe('The name of who is to come in.') }),
  z.object({ action: z.enum(['remove', 'moderator', 'member']), user: shortText.describe('The id of a member.') }),
  z.object({ action: z.literal('leave') }),
]);

export const membersQuery = z.object({
  q: shortText.optional().describe('Only members with a word in their name that begins so, 20 at most.'),
});

export const settingsForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('rename'), name: shortText.describe('The new name; the slug follows it, and the old one leads here.') }),
  z.object({ action: z.literal('topic'), topic: shortText.describe('What the group is about, 250 characters at most.') }),
  z.object({ action: z.literal('code'), ...codeLimits }).describe('A new join code; the old one is worthless at once.'),
  z.object({ action: z.literal('limits'), ...codeLimits }).describe('Other limits for the present join code, from now on.'),
  z.object({ action: z.literal('open'), on }),
  z.object({ action: z.literal('archive'), on }),
  z.object({ action: z.literal('level'), level }).describe('What of this group you are told of yourself.'),
  z.object({ action: z.literal('hide'), on }).describe('Takes direct messages out of your own list, until somebody writes.'),
]);
