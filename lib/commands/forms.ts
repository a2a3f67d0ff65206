import { z } from 'zod';
import { flag, text } from '../http/fields.ts';

// Input of requests about commands. lib/api generates the OpenAPI document from the same schemas.

/** Of a command: what follows the slash. */
export const COMMAND_NAME = /^[a-z][a-z0-9-]{0,31}$/;
const MAX_HINT = 100;
const MAX_HELP = 200;

const line = (max: number) => text.max(max, `must have ${max} characters at most`).regex(/^[^\r\n]*$/, 'must be one line');

export const commandForm = z.object({
  help: line(MAX_HELP).min(1, 'must not be empty').describe('What it does, in one line.'),
  hint: line(MAX_HINT).default('').describe('What follows the name, such as `branch environment`.'),
  shown: flag
    .default(false)
    .describe('Whether what is typed is a message that everybody in the group sees; otherwise only you and the author do.'),
});
