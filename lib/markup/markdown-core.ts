import type { MarkdownIt, StateCore, Token } from 'markdown-it';
import { withEmoji } from './emoji.ts';
import { ruleOf } from './markdown-rules.ts';

/** Rules that run after inline parsing: emoji, URLs, task lists. */
export function coreRules({ core }: MarkdownIt): void {
  core.ruler.after('linkify', 'emoji', emoji);
  core.ruler.after('text_join', 'ticks', ticks);
  core.ruler.after('text_join', 'addresses', ruleOf(core.ruler, 'linkify')); // after text_join, so that a URL with escaped characters is complete
  core.ruler.disable('linkify');
}

/** Before text_join, so that `\:tada:` is kept; URLs are kept as well. */
function emoji(state: StateCore): void {
  for (const { children } of state.tokens) if (children) emojiIn(children);
}

function emojiIn(tokens: readonly Token[]): void {
  let isAddress = false;
  for (const token of tokens) {
    if (token.info === 'auto') isAddress = token.nesting === 1;
    if (token.type === 'text' && !isAddress) token.content = withEmoji(token.content);
    if (token.children) emojiIn(token.children);
  }
}

/** `- [ ] to do` and `- [x] done`: the check boxes as characters. */
function ticks({ tokens }: StateCore): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'list_item_open') continue;
    const first = tokens[index + 1]?.type === 'paragraph_open' ? tokens[index + 2]?.children?.[0] : undefined;
    const [all = '', mark] = first?.type === 'text' ? (/^\[([ xX])\](?=\s)/.exec(first.content) ?? []) : [];
    if (!first || mark === undefined) continue;
    first.content = (mark === ' ' ? '☐' : '☑') + first.content.slice(all.length);
    token.meta = { isTask: true };
  }
}
