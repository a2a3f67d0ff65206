import type { User } from '../accounts/port.ts';
import { inLanguage, type Language } from '../language/current.ts';
import { t } from '../language/text.ts';
import type { Views } from '../views/render.ts';
import type { MailJob } from './job.ts';

/** A mail before it is made into text and HTML. Texts are plain. */
export type MailContent = {
  /** Of its texts. */
  readonly language: Language;
  readonly to: string;
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** A list below them. */
  readonly items?: readonly { readonly title: string; readonly text: string; readonly url: string }[];
  /** The link that the mail is about. */
  readonly action?: { readonly label: string; readonly url: string };
  /** Why the reader gets it. */
  readonly reason: string;
  /** The page that ends such mails: also for one click in the mail program (RFC 8058). */
  readonly unsubscribe?: string;
};

/** The language of a mail: the one that its reader has chosen, else that of the page that has caused it. */
export const languageOf = (reader: Pick<User, 'preferences'> | undefined, { language = 'en' }: Pick<MailJob, 'language'>): Language =>
  reader?.preferences?.language ?? language;

/** A mail that `write` writes in a language. */
export const mailIn = (language: Language, write: () => Omit<MailContent, 'language'>): MailContent => ({
  language,
  ...inLanguage(language, write),
});

/** A mail as it is sent. */
export type Message = {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** The sender of MAIL_FROM, under the name of the site where that is the usual one. */
export const senderOf = (from: string, name: string): string =>
  from.replace(/^Parley(?= <)/, /^[\w .-]+$/.test(name) ? name : `"${name.replaceAll(/["\\]/g, '')}"`);

export function messageOf(
  content: MailContent,
  { from, views }: { readonly from: string; readonly views: Pick<Views, 'render'> },
): Message {
  const { language, to, subject, unsubscribe } = content;
  return {
    ...{ from, to, subject, text: inLanguage(language, () => textOf(content)) },
    html: inLanguage(language, () => views.render('mail/mail.njk', { items: [], action: null, unsubscribe: null, ...content })),
    headers: {
      'Auto-Submitted': 'auto-generated', // RFC 3834: no automatic answers
      ...(unsubscribe === undefined
        ? {}
        : { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
    },
  };
}

function textOf({ paragraphs, items = [], action, reason, unsubscribe }: MailContent): string {
  const parts = [
    ...paragraphs,
    ...items.map(({ title, text, url }) => `* ${title}\n${text === '' ? '' : `  ${text}\n`}  ${url}`),
    ...(action ? [`${t`${action.label}:`}\n${action.url}`] : []),
    `-- \n${reason}${unsubscribe === undefined ? '' : `\n${t`No more of these mails: ${unsubscribe}`}`}`,
  ];
  return `${parts.join('\n\n')}\n`;
}
