import { z } from 'zod';
import { SCHEMAS } from '../../api/schemas.ts';
import { keyIn } from '../../messages/operations.ts';
import { cancel, listScheduled, schedule } from '../../scheduled/operations.ts';
import type { Scheduled } from '../../scheduled/port.ts';
import { readGroups, scheduledJson } from '../../scheduled/presenter.ts';
import { timeIn } from '../../scheduled/times.ts';
import { type Caller, groupOf } from '../caller.ts';
import { body, format, group, key, replyTo } from '../schemas.ts';
import { type Tool, tool } from '../tool.ts';

const jsonOf = async ({ core, user }: Caller, some: readonly Scheduled[]) => {
  const groups = await readGroups(core, user.id, some);
  return some.map((one) => scheduledJson(one, groups, core.config.basePath));
};

export const listScheduledTool = tool({
  ...{ name: 'list_scheduled', title: 'List scheduled messages', kind: 'read' },
  description: 'Lists your messages that wait for their time, and those that could not be sent, with the reason.',
  input: z.strictObject({}),
  output: SCHEMAS.ScheduledPage,
  call: async (caller) => ({ results: await jsonOf(caller, await listScheduled(caller.core, caller.user)) }),
});

const scheduleMessage = tool({
  ...{ name: 'schedule_message', title: 'Schedule a message', kind: 'add' },
  description:
    'Posts a message to a group or to direct messages at a later time, at most a year ahead. It is sent with the rights that you have then.',
  input: z.strictObject({
    group,
    body,
    at: z
      .string('must be text')
      .max(100, 'must have 100 characters at most')
      .describe('When it is sent: ISO 8601 with a zone, such as 2026-12-01T14:00:00+01:00.'),
    format: format.default('markdown'),
    reply_to: replyTo.optional(),
    key: key.optional(),
  }),
  output: SCHEMAS.Scheduled,
  call: async (caller, { group, at: time, key, reply_to: answered, ...text }) => {
    const at = await groupOf(caller, group);
    const { scheduled } = await schedule(caller.core, at, {
      ...{ ...text, replyTo: answered, key: key === undefined ? undefined : keyIn('client', key) },
      at: timeIn(time, { now: caller.core.now(), zone: undefined }),
    });
    const [json] = await jsonOf(caller, [scheduled]);
    return { ...json };
  },
});

const cancelScheduled = tool({
  ...{ name: 'cancel_scheduled', title: 'Cancel a scheduled message', kind: 'replace' },
  description: 'Cancels a message that you have scheduled: it will not be sent.',
  input: z.strictObject({
    id: z.string('must be text').max(100, 'must have 100 characters at most').describe('As list_scheduled has it.'),
  }),
  output: z.object({ id: z.string(), cancelled: z.boolean() }),
  call: async ({ core, user }, { id }) => {
    await cancel(core, user, id);
    return { id, cancelled: true };
  },
});

/** Tools that schedule messages, besides the one that lists them. */
export const schedulingTools: readonly Tool[] = [scheduleMessage, cancelScheduled];
