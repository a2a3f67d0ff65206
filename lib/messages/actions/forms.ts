import { z } from 'zod';
import { text, wholeNumber } from '../../http/fields.ts';

// The limits of Slack's buttons and inputs, where it has them. lib/api generates the OpenAPI document from the same schemas.

export const MAX_ACTIONS = 25;
export const MAX_FIELDS = 25;
export const MAX_OPTIONS = 100;
export const MAX_LABEL = 75;
export const MAX_QUESTION = 300;
export const MAX_HINT = 150;
const MAX_PEOPLE = 100;
/** Of a value that the bot gives, and of a text that a person writes. */
export const MAX_VALUE = 2000;
export const MAX_TEXT = 3000;

const of = (max: number) => text.max(max, `must have ${max} characters at most`);
const some = (max: number) => of(max).min(1, 'must not be empty');
const label = some(MAX_LABEL);

/** Of an action and of a field: it is part of URLs and of the names of form fields. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const id = text.regex(ID, 'must have 1 to 64 characters of A-Z a-z 0-9 _ -');
const yes = z.boolean('must be true or false');

const option = z.object({ text: label, value: some(MAX_VALUE) }, 'must be an object with text and value');

const field = z.object(
  {
    id,
    label,
    type: z.enum(['text', 'date', 'select', 'member'], 'must be text, date, select or member'),
    optional: yes.default(false).describe('Whether it may stay empty.'),
    hint: some(MAX_HINT).optional().describe('A line below the field.'),
    initial: of(MAX_VALUE).optional().describe('The value that it begins with.'),
    max: z
      .int('must be a whole number')
      .min(1, 'must be 1 at least')
      .max(MAX_TEXT, `must be ${MAX_TEXT} at most`)
      .optional()
      .describe(`Of a text: the number of characters at most. Default: ${MAX_TEXT}.`),
    multiline: yes.default(false).describe('Of a text: several lines.'),
    options: z
      .array(option, 'must be a list')
      .min(1, 'must have an option')
      .max(MAX_OPTIONS, `must have ${MAX_OPTIONS} options at most`)
      .optional()
      .describe('Of a select, which needs them; each has another value.'),
  },
  'must be an object',
);

const action = z.object(
  {
    id,
    label,
    style: z.enum(['default', 'primary', 'danger'], 'must be default, primary or danger').default('default'),
    value: of(MAX_VALUE).optional().describe('For the bot, which gets it back with each use. Not secret.'),
    done: label.optional().describe('What a used action says in place of its label, such as Approved.'),
    confirm: some(MAX_QUESTION).optional().describe('A question that is asked before.'),
    fields: z
      .array(field, 'must be a list')
      .max(MAX_FIELDS, `must have ${MAX_FIELDS} fields at most`)
      .default([])
      .describe('What it asks for; each field has another id.'),
    who: z
      .union(
        [
          z.enum(['anyone', 'moderators']),
          z.array(of(100)).min(1, 'must name somebody').max(MAX_PEOPLE, `must have ${MAX_PEOPLE} people at most`),
        ],
        `must be anyone, moderators, or a list of 1 to ${MAX_PEOPLE} names or ids of members`,
      )
      .default('anyone')
      .describe('Who may use it: anyone in the group, those who manage it, or these members, by name or id.'),
    uses: z
      .enum(['once', 'person', 'many'], 'must be once, person or many')
      .default('once')
      .describe('How often: once in all, once for each person, or without a limit.'),
    show: z
      .enum(['names', 'count', 'nobody'], 'must be names, count or nobody')
      .default('names')
      .describe('What others than the bot learn of its uses: who, how many, or nothing.'),
    choice: id.optional().describe('Actions of a message with the same choice share their uses: one of them is chosen.'),
    locked: yes.default(false).describe('No more uses.'),
  },
  'must be an object',
);

/** The actions of a message, as a bot posts them. */
export const actionsInput = z
  .array(action, 'must be a list')
  .max(MAX_ACTIONS, `must have ${MAX_ACTIONS} actions at most`)
  .describe('Buttons and forms under the message, each with another id; only of a bot. In an edit they replace the present ones.');

export const actionsForm = z.object({ actions: actionsInput });

export type ActionInput = z.infer<typeof action>;
export type FieldInput = z.infer<typeof field>;

/** Which actions can no longer be used. */
export const lockInput = z
  .union([z.literal(true), z.array(id).max(MAX_ACTIONS)], 'must be true, or a list of ids of actions')
  .describe('Ends the use of all actions of the message, or of these.');

/** A use of an action. A form has its values in fields named `value-` and the id of a field. */
export const useForm = z
  .looseObject({
    values: z.record(id, text).optional().describe('By the id of a field; in a form each is a field named `value-` and that id.'),
    rev: wholeNumber('For forms: the `rev` of the message when it was shown. The same form sent twice counts once.').optional(),
  })
  .describe('What the fields of the action ask for.');
