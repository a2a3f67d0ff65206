import type { Context } from 'koa';
import type { User } from '../accounts/port.ts';
import { isLanguage, LANGUAGES, type Language, setLanguage } from '../language/current.ts';
import { type Format, isHtmx, stateOf } from './context.ts';

const HTML_TYPES = new Set(['text/html', 'application/xhtml+xml']);

/** The format of a response, by `Accept` only. A client that accepts any format gets JSON with a token and HTML without one. */
export function responseFormat(ctx: Context): Format {
  const state = stateOf(ctx);
  state.format ??= negotiate(ctx);
  return state.format;
}

/** The format of an error: HTML only when `Accept` names it, or for htmx. A program that accepts any format gets JSON. */
export function problemFormat(ctx: Context): Format {
  const format = responseFormat(ctx);
  return format !== 'html' || isHtmx(ctx) || namesHtml(ctx) ? format : 'json';
}

const namesHtml = (ctx: Context): boolean => [ctx.accepts()].flat().some((type) => HTML_TYPES.has(type));

function negotiate(ctx: Context): Format {
  const accept = ctx.get('Accept');
  if (accept === 'application/json') return 'json'; // the common case for programs, without parsing
  const hasToken = ctx.get('Authorization') !== '';
  const offers = hasToken ? ['json', 'html', 'text', 'text/event-stream'] : ['html', 'json', 'text', 'text/event-stream'];
  switch (ctx.accepts(offers)) {
    case 'html':
      return 'html';
    case 'json':
      return 'json';
    case 'text':
      return 'text';
    case 'text/event-stream':
      return 'stream';
    default:
      return hasToken && !isHtmx(ctx) ? 'json' : 'html';
  }
}

/** The language of a page: that of the reader's settings, else the first of Accept-Language that there is, else English. */
export function languageFor(ctx: Context, user?: Pick<User, 'preferences'>): Language {
  const chosen = user?.preferences?.language;
  if (chosen !== undefined) return chosen;
  if (ctx.get('Accept-Language') === '') return 'en';
  const accepted = ctx.acceptsLanguages(...LANGUAGES);
  return typeof accepted === 'string' && isLanguage(accepted) ? accepted : 'en';
}

/** Sets the language of a request for a page or a part of one. Programs get English. */
export function chooseLanguage(ctx: Context, user?: Pick<User, 'preferences'>): void {
  if (problemFormat(ctx) === 'html') setLanguage(languageFor(ctx, user));
}
