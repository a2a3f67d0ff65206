import { z } from 'zod';
import { invalid } from '../../errors.ts';
import { t } from '../../language/text.ts';

const text = z.string().max(8000);
/** The answer of `navigator.credentials`, as its `toJSON` gives it (WebAuthn, level 3, section 5.1). Unknown fields are dropped. */
const common = { id: text, rawId: text, type: z.literal('public-key'), clientExtensionResults: z.object({}).default({}) };
const created = z.object({
  ...common,
  response: z.object({ clientDataJSON: text, attestationObject: text }),
});
const signed = z.object({
  ...common,
  response: z.object({ clientDataJSON: text, authenticatorData: text, signature: text }),
});

/** The field `response` of a form. */
export const answer = z.string('must be text').max(16_000, 'must have 16,000 characters at most');

const parsed = <S extends z.ZodType>(schema: S, json: string): z.infer<S> => {
  try {
    return schema.parse(JSON.parse(json));
  } catch {
    throw invalid('response', t`The browser did not answer with a passkey.`);
  }
};

/** Errors: `invalid` (response). */
export const createdPasskey = (json: string) => parsed(created, json);
/** Errors: `invalid` (response). */
export const signedByPasskey = (json: string) => parsed(signed, json);
