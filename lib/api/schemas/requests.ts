import { z } from 'zod';
import { commandForm } from '../../commands/forms.ts';
import { beginForm, commitForm, updateForm } from '../../drafts/forms.ts';
import { directForm } from '../../groups/direct-forms.ts';
import { memberForm, settingsForm } from '../../groups/forms.ts';
import { createForm, joinForm } from '../../groups/list-forms.ts';
import { useForm } from '../../messages/actions/forms.ts';
import { pollForm } from '../../messages/actions/poll.ts';
import { ephemeralForm } from '../../messages/ephemeral/forms.ts';
import {
  editForm,
  followForm,
  patchForm,
  pinForm,
  postForm,
  reactionForm,
  readForm,
  saveForm,
  threadReadForm,
  uploadForm,
  upsertForm,
} from '../../messages/forms.ts';
import { meForm } from '../../people/forms.ts';
import { changeForm, scheduleForm } from '../../scheduled/forms.ts';

/** The routes refuse field names with brackets: lib/http/input.ts. */
const NAMES = { propertyNames: { pattern: '^[^\\[]*$' } };

/** The bodies of requests: the schemas with which the routes validate them. */
export const requestSchemas = {
  NewMessage: postForm.omit({ back: true }).meta(NAMES),
  NewMessageForm: postForm.omit({ back: true, actions: true }).meta(NAMES),
  Text: editForm.meta(NAMES),
  NewDraft: beginForm.meta(NAMES),
  DraftChange: updateForm.meta({
    ...NAMES,
    not: { anyOf: [{ required: ['append', 'body'] }, { not: { anyOf: [{ required: ['append'] }, { required: ['body'] }] } }] },
  }),
  DraftCommit: commitForm.meta(NAMES),
  NewCommand: commandForm.meta(NAMES),
  NewEphemeral: ephemeralForm.meta(NAMES),
  NewScheduled: scheduleForm.omit({ pick: true }).meta(NAMES),
  ScheduledChange: changeForm.meta({ ...NAMES, not: { allOf: ['body', 'at', 'format'].map((name) => ({ not: { required: [name] } })) } }),
  KeptText: upsertForm.meta(NAMES),
  MessageEdit: patchForm.meta({ ...NAMES, not: { allOf: ['body', 'actions', 'lock'].map((name) => ({ not: { required: [name] } })) } }),
  NewPoll: pollForm.meta(NAMES),
  ActionUse: useForm.omit({ rev: true }).meta(NAMES),
  ActionUseForm: useForm.omit({ values: true }).meta(NAMES),
  ReactionSwitch: reactionForm.meta(NAMES),
  PinSwitch: pinForm.meta(NAMES),
  SaveSwitch: saveForm.omit({ back: true }).meta(NAMES),
  FollowSwitch: followForm.omit({ back: true }).meta(NAMES),
  ThreadReadUpTo: threadReadForm.meta(NAMES),
  ReadUpTo: readForm.meta({
    ...NAMES,
    not: {
      anyOf: [{ required: ['n', 'seq'] }, { properties: { unread: { const: '1' } }, required: ['unread'], not: { required: ['seq'] } }],
    },
  }),
  NewGroup: createForm.meta(NAMES),
  Joining: joinForm.meta(NAMES),
  MemberChange: memberForm.meta(NAMES),
  SettingsChange: settingsForm.meta(NAMES),
  Upload: uploadForm
    .omit({ back: true })
    .extend({
      attachment: z
        .union([z.array(z.string()), z.string()])
        .optional()
        .meta({
          ...{ type: 'array', maxItems: 10, description: 'Files, in multipart/form-data only.' },
          items: { type: 'string', contentMediaType: 'application/octet-stream' },
        }),
    })
    .meta(NAMES),
  ProfileChange: meForm.meta(NAMES),
  DirectStart: directForm.meta(NAMES),
  DirectStartForm: directForm
    .extend({
      with: z
        .union([z.string().max(1000), z.array(z.string().max(1000)).min(1).max(8)])
        .describe('As in the JSON. A form sends an empty text for an empty list.'),
    })
    .meta(NAMES),
} as const;
