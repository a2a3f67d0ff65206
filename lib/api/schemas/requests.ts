import { z } from 'zod';
import { directForm } from '../../groups/direct-forms.ts';
import { memberForm, settingsForm } from '../../groups/forms.ts';
import { createForm, joinForm } from '../../groups/list-forms.ts';
import { editForm, pinForm, postForm, reactionForm, readForm, saveForm, uploadForm } from '../../messages/forms.ts';

/** The bodies of requests: the very schemas by which the routes check them. */
export const requestSchemas = {
  NewMessage: postForm,
  Text: editForm,
  ReactionSwitch: reactionForm,
  PinSwitch: pinForm,
  SaveSwitch: saveForm.omit({ back: true }),
  ReadUpTo: readForm,
  NewGroup: createForm,
  Joining: joinForm,
  MemberChange: memberForm,
  SettingsChange: settingsForm,
  Upload: uploadForm.extend({
    attachment: z
      .union([z.array(z.string()), z.string()])
      .optional()
      .meta({
        ...{ type: 'array', maxItems: 10, description: 'Files, in multipart/form-data only.' },
        items: { type: 'string', contentMediaType: 'application/octet-stream' },
      }),
  }),
  DirectStart: directForm,
} as const;
