import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { type FieldError, noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { t } from '../language/text.ts';
import { hasSetupCode, isEmpty, signUpMode } from './sign-up-mode.ts';

/** Initial values of a form. */
type FormValues = { readonly name?: string; readonly code?: string; readonly error?: FieldError };
export type EntryForms = { readonly signup?: FormValues; readonly login?: FormValues };

/** The pages with a sign-up or log-in form. The form's field `from` names its page. */
export const ENTRY_PAGES = ['welcome', 'signup', 'login', 'invitation'] as const;
export type EntryPage = (typeof ENTRY_PAGES)[number];

/** The code in the path of an invitation page, `/join/<code>`. */
export const codeIn = (path: string): string | undefined => /^\/join\/([^/?#]+)$/.exec(path)?.[1];

/** The page of the forms, and the path to return to, or ''. */
type FormOrigin = { readonly from: EntryPage; readonly returnTo: string };

/** The inputs of templates/accounts/_signup.njk and _login.njk. */
export async function entryForms(core: Core, forms: EntryForms, origin: FormOrigin) {
  const isFirst = await isEmpty(core);
  const mode = await signUpMode(core);
  const needsCode = isFirst ? await hasSetupCode(core) : mode === 'code';
  const closed = !isFirst && mode === 'closed';
  return {
    signup: { name: '', code: '', error: null, needsCode, closed, ...forms.signup },
    login: {
      name: '',
      error: null,
      provider: core.config.oidcIssuer === undefined ? null : core.config.oidcName,
      mayReset: core.mailOutbox.isOn,
      ...forms.login,
    },
    ...origin,
  };
}

const TITLES = { welcome: () => t`Welcome`, signup: () => t`Sign up`, login: () => t`Log in` } as const;
type OwnPage = keyof typeof TITLES;

/** Renders the welcome, sign-up or log-in page. */
export async function showEntry(
  ctx: Context,
  { core, views }: RouteContext,
  from: OwnPage,
  returnTo: string,
  forms: EntryForms = {},
): Promise<void> {
  noStore(ctx);
  renderPage(ctx, views, `accounts/${from}.njk`, TITLES[from](), await entryForms(core, forms, { from, returnTo }));
}
