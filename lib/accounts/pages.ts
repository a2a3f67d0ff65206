import type { Core } from '../core.ts';
import type { FieldError } from '../http/reply.ts';
import { hasSetupCode, isEmpty } from './operations.ts';

/** What a form is filled with. */
export type Filled = { readonly name?: string; readonly code?: string; readonly error?: FieldError };

/** What templates/accounts/_signup.njk and _login.njk print. `returnTo`: the path to come back to, or ''. */
export async function entryForms(core: Core, forms: { readonly signup?: Filled; readonly login?: Filled }, returnTo: string) {
  const isFirst = await isEmpty(core);
  const needsCode = isFirst ? await hasSetupCode(core) : core.config.signup === 'code';
  const closed = !isFirst && core.config.signup === 'closed';
  return {
    signup: { name: '', code: '', error: null, needsCode, closed, ...forms.signup },
    login: { name: '', error: null, ...forms.login },
    returnTo,
  };
}
