import type { Operation } from '../operation.ts';
import type { Sample } from '../schemas.ts';

const DEPLOY = { help: 'Deploys a branch.', hint: 'branch' };
const own = (group: string | null): Sample<'OwnCommand'> => ({ name: 'deploy', ...DEPLOY, shown: false, group });
const REFUSED = 'You are not a bot, or have 50 commands.';

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
/poll <question? option, option>: Asks everybody: a question and its options, in one line, on lines of their own or in quotation marks.
/remind <me tomorrow 9:00 text>: Reminds you, or with here the group, at a time: /remind here in 20 minutes text
/shrug <text>: Adds ¯\\_(ツ)_/¯ to your text.
/topic <what the group is about>: Sets the topic of this group.
`,
        },
      },
    ],
  },
  {
    id: 'registerCommand',
    method: 'put',
    path: '/groups/{slug}/commands/{command}',
    tag: 'Groups',
    access: 'member',
    summary: 'Register a command',
    description:
      'People can then type it in this group. You get each as an entry `command` in your streams, and as the event `command` of your webhook; with `shown` it is a message that has `command`.',
    body: { schema: 'NewCommand', media: ['json', 'form', 'multipart'] },
    responses: {
      201: { description: 'Registered. As text: the command.', schema: 'OwnCommand', media: ['json', 'text'] },
      200: { description: 'It was registered; its description is as given now.', schema: 'OwnCommand', media: ['json', 'text'] },
    },
    problems: { 403: REFUSED, 409: 'It is built in, or another bot has it in this group.' },
    examples: [
      {
        title: 'Deploy',
        path: { slug: 'team', command: 'deploy' },
        body: { media: 'json', value: DEPLOY },
        status: 201,
        answer: { media: 'json', value: own('team') },
      },
    ],
  },
  {
    id: 'removeCommand',
    method: 'delete',
    path: '/groups/{slug}/commands/{command}',
    tag: 'Groups',
    access: 'member',
    summary: 'Remove a command',
    responses: { 204: { description: 'It is gone.', media: ['none'] } },
    problems: { 403: 'You are not a bot.', 404: 'You have no such command.' },
    examples: [{ title: 'Remove it', path: { slug: 'team', command: 'deploy' }, status: 204, answer: { media: 'none' } }],
  },
  {
    id: 'registerCommandEverywhere',
    method: 'put',
    path: '/commands/{command}',
    tag: 'Groups',
    access: 'token',
    summary: 'Register a command in all your groups',
    description: 'Also in those that you will be added to. A command of one group, and the older one of another bot, take precedence.',
    body: { schema: 'NewCommand', media: ['json', 'form', 'multipart'] },
    responses: {
      201: { description: 'Registered. As text: the command.', schema: 'OwnCommand', media: ['json', 'text'] },
      200: { description: 'It was registered; its description is as given now.', schema: 'OwnCommand', media: ['json', 'text'] },
    },
    problems: { 403: REFUSED, 409: 'It is built in.' },
    examples: [
      {
        title: 'Deploy',
        path: { command: 'deploy' },
        body: { media: 'json', value: DEPLOY },
        status: 201,
        answer: { media: 'json', value: own(null) },
      },
    ],
  },
  {
    id: 'listOwnCommands',
    method: 'get',
    path: '/commands',
    tag: 'Groups',
    access: 'token',
    summary: 'List your commands',
    responses: {
      200: {
        description: 'Those that you have registered. As text: a line for each.',
        schema: 'OwnCommand',
        list: true,
        media: ['json', 'text'],
      },
    },
    examples: [{ title: 'None', status: 200, answer: { media: 'json', value: [] } }],
  },
  {
    id: 'removeCommandEverywhere',
    method: 'delete',
    path: '/commands/{command}',
    tag: 'Groups',
    access: 'token',
    summary: 'Remove a command from all your groups',
    responses: { 204: { description: 'It is gone.', media: ['none'] } },
    problems: { 403: 'You are not a bot.', 404: 'You have no such command.' },
    examples: [{ title: 'Remove it', path: { command: 'deploy' }, status: 204, answer: { media: 'none' } }],
  },
];
