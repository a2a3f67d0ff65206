import { userByName } from '../accounts/operations.ts';
import type { Core } from '../core.ts';
import { invalid, notFound } from '../errors.ts';
import { isDirect } from '../groups/rules.ts';
import { t } from '../language/text.ts';
import { parseSearch } from '../search/query.ts';
import { seqIn, timeIn } from './forms.ts';
import type { Selection } from './operations.ts';

/** Conditions as a page or the command line has them, as text. */
export type Asked = {
  readonly group?: string | undefined;
  readonly author?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly words?: string | undefined;
};

/** The selection, and what it is in words, without the searched text: that may be what must not be known. Errors: `invalid`, `notFound`. */
export async function selectionOf(core: Core, asked: Asked): Promise<Selection & { readonly detail: string }> {
  const group = asked.group ? await core.store.groups.bySlug(asked.group) : undefined;
  if (asked.group && (!group || isDirect(group))) throw notFound(t`There is no group ${asked.group.slice(0, 64)}.`);
  const author = asked.author ? await userByName(core, asked.author) : undefined;
  const words = asked.words ? wordsIn(asked.words) : undefined;
  const criteria = {
    author: author?.id,
    from: seqIn('from', asked.from),
    to: seqIn('to', asked.to),
    after: timeIn('after', asked.after),
    before: timeIn('before', asked.before),
    words,
  };
  const parts = [
    group ? `in ${group.slug}` : 'in all groups',
    ...(author ? [`by ${author.name}`] : []),
    ...(['from', 'to', 'after', 'before'] as const).flatMap((name) => (asked[name] ? [`${name} ${asked[name]}`] : [])),
    ...(words ? ['with words'] : []),
  ];
  return { group, criteria, detail: parts.join(', ') };
}

/** Whole words: the last one is no beginning of a word, as it is while somebody types. */
function wordsIn(text: string) {
  const { wanted, unwanted, ...conditions } = parseSearch(`${text} `);
  const hasOthers = Object.values(conditions).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined));
  if (hasOthers) throw invalid('words', t`Words are searched without 'from:', 'in:', 'before:' and 'after:': there are fields for these.`);
  if (wanted.length === 0) throw invalid('words', t`There is no word in it.`);
  return { wanted, unwanted };
}
