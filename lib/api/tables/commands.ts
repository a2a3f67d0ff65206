import type { Operation } from '../operation.ts';

/** Commands that people type. */
export const commandsTable: readonly Operation[] = [
  {
    id: 'listCommands',
    method: 'get',
    path: '/groups/{slug}/commands',
    tag: 'Groups',
    access: 'member',
    summary: 'List commands',
    description: 'What people can type at the beginning of a message on a page. A text that a program posts is never a command.',
    responses: {
      200: { description: 'The commands. As text: a line for each.', schema: 'Command', list: true, media: ['json', 'text'] },
    },
    examples: [
      {
        title: 'For a shell',
        path: { slug: 'team' },
        status: 200,
        answer: {
          media: 'text',
          value: `/help: Lists the commands.
/invite <name>: Adds somebody to this group.
/leave: Leaves this group.
/me <what you do>: Says what you do, in italics.
/mute <off>: Mutes this group, or with off unmutes it.
/remind <me tomorrow 9:00 text>: Reminds you, or with here the group, at a time: /remind here in 20 minutes text
/shrug <text>: Adds ¯\\_(ツ)_/¯ to your text.
/topic <what the group is about>: Sets the topic of this group.
`,
        },
      },
    ],
  },
];
