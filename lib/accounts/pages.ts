import type { Context } from 'koa';
import type { Core } from '../core.ts';
import { type FieldError, noStore, renderPage } from '../http/reply.ts';
import type { RouteContext } from '../http/route-context.ts';
import { hasSetupCode, isEmpty } from './operations.ts';

/** What a form is filled with. */
type FormValues = { readonly name?: string; readonly code?: string; readonly error?: FieldError };
export type EntryForms = { readonly signup?: FormValues; readonly login?: FormValues };

/** The pages that have a form to sign up or to log in. The form says which it was sent from. */
export const ENTRY_PAGES = ['welcome', 'signup', 'login', 'invitation'] as const;
export type EntryPage = (typeof ENTRY_PAGES)[number];

/** Where the forms are, and the path to come back to, or ''. */
type EntryPlace = { readonly from: EntryPage; readonly returnTo: string };

/** What templates/accounts/_signup.njk and _login.njk print. */
export async function entryForms(core: Core, forms: EntryForms, place: EntryPlace) {
  const isFirst = await isEmpty(core);
  const needsCode = isFirst ? await hasSetupCode(core) : core.config.signup === 'code';
  const closed = !isFirst && core.config.signup === 'closed';
  return {
    signup: { name: '', code: '', error: null, needsCode, closed, ...forms.signup },
    login: { name: '', error: null, ...forms.login },
    ...place,
  };
}

const TITLES = { welcome: 'Welcome', signup: 'Sign up', login: 'Log in' } as const;
type OwnPage = keyof typeof TITLES;

/** Shows a page of this domain with its form or forms. */
export async function showEntry(
  ctx: Context,
  { core, views }: RouteContext,
  from: OwnPage,
  returnTo: string,
  forms: EntryForms = {},
): Promise<void> {
  noStore(ctx);
  renderPage(ctx, views, `accounts/${from}.njk`, TITLES[from], await entryForms(core, forms, { from, returnTo }));
}
