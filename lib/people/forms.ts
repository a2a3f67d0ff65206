import { z } from 'zod';
import { shortText } from '../http/fields.ts';

/** How long a status lasts, by the values of the form. `today`: to the end of the day in the person's time zone. `custom`: to the time in `until`. */
export const STATUS_ENDS = ['never', '30m', '1h', '4h', 'today', 'week', 'custom'] as const;
export type StatusEnd = (typeof STATUS_ENDS)[number];

export const profileForm = z.discriminatedUnion('action', [
  z.object({ action: z.literal('name'), display_name: shortText }),
  z.object({
    action: z.literal('status'),
    emoji: shortText.default(''),
    text: shortText.default(''),
    end: z.enum(STATUS_ENDS).default('never'),
    until: shortText.default(''),
    time_zone: shortText.default(''),
  }),
  z.object({ action: z.literal('clear') }),
  z.object({ action: z.literal('unpicture') }),
]);

/** The body of PATCH /me. What is absent stays as it is. */
export const meForm = z.object({
  display_name: shortText.optional().describe('The name that others see, 48 characters at most; empty: the log-in name.'),
  status: z
    .strictObject({
      emoji: shortText.default('').describe('One emoji, or its name such as `:palm_tree:`; empty for none.'),
      text: shortText.default('').describe('100 characters at most.'),
      until: z.iso
        .datetime({ offset: true, error: 'must be a time such as 2026-01-02T15:00:00Z, or null' })
        .nullable()
        .default(null)
        .describe('When it ends, at most a year (366 days) from now; null: never.'),
    })
    .optional()
    .describe('Without emoji and text it is removed.'),
});
