import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { MAX_OPTIONS, MIN_OPTIONS } from '../log/poll.ts';
import { cleanText, isBlank } from '../text/body.ts';

const MAX_LABEL = 75;

export type TypedPoll = { readonly question: string; readonly options: readonly string[] };

/**
 * A poll as it is typed after `/poll`: a question and its options on lines of their own, each in quotation marks, or in one line with a question mark between
 * them and commas between the options. Undefined when it is none of these.
 */
export function pollIn(text: string): TypedPoll | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length > 1) return pollOf(lines.map((line) => line.replace(/^[-*•]\s+/, '')));
  const quoted = [...text.matchAll(/"([^"]*)"|“([^”]*)”|«([^»]*)»/g)].map((match) => (match[1] ?? match[2] ?? match[3] ?? '').trim());
  if (quoted.length > 1) return pollOf(quoted);
  if (quoted.length > 0) return undefined;
  const [, question, rest] = /^([^?？]*[?？])\s*(.+)$/.exec(text) ?? [];
  return question === undefined || rest === undefined ? undefined : pollOf([question, ...rest.split(',').map((one) => one.trim())]);
}

const pollOf = ([question = '', ...options]: readonly string[]): TypedPoll => ({ question, options: options.filter((one) => one !== '') });

/** A poll that can be posted. Errors: `invalid`, at `question` or `options`, or for what was typed in one field at that. */
export function checkPoll({ question, options }: TypedPoll, field?: string): TypedPoll {
  const cleaned = options.map((one) => cleanText(one).replace(/\s+/g, ' ').trim());
  const at = (name: string): string => field ?? name;
  if (isBlank(question)) throw invalid(at('question'), t`A poll needs a question.`);
  if (options.length < MIN_OPTIONS || options.length > MAX_OPTIONS)
    throw invalid(at('options'), t`A poll has ${MIN_OPTIONS} to ${MAX_OPTIONS} options.`);
  if (cleaned.some(isBlank)) throw invalid(at('options'), t`An option of a poll must not be blank.`);
  if (cleaned.some((one) => one.length > MAX_LABEL))
    throw invalid(at('options'), t`An option of a poll has ${MAX_LABEL} characters at most.`);
  if (new Set(cleaned).size < cleaned.length) throw invalid(at('options'), t`Two options of the poll are the same.`);
  return { question, options: cleaned };
}

/** What the button that closes a poll says. It is stored in the language of the author. */
export const closingLabels = () => ({ label: t`Close the poll`, done: t`Closed` });
