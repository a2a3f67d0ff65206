import { markdownRenderer } from './markdown-html.ts';
import type { MentionTarget } from './mentions.ts';
import { colorClass } from './palette.ts';
import type { Card, Field, Link, RichContent } from './rich-content.ts';
import { cutMark, isTooCostlyContent, momentOf } from './rich-content-text.ts';
import { anchor, escapeHtml } from './text-html.ts';

/** Rich content as HTML: the text, then the cards. Images are links, since URLs given by bots are never fetched. */
export function renderRichContent(content: RichContent, mentioned: readonly MentionTarget[]): string {
  const { text, cards, cut } = content;
  const render = markdownRenderer(mentioned, isTooCostlyContent(content));
  const parts = [
    text === undefined ? '' : render(text),
    ...cards.map((card) => renderCard(card, render)),
    cut ? `<p><small>${escapeHtml(cutMark(cut))}</small></p>` : '',
  ];
  return `<div class="rich">${parts.join('')}</div>`;
}

/** Markdown to HTML. */
type Render = (markdown: string) => string;

function renderCard(card: Card, render: Render): string {
  const { pretext, author, title, text, fields, pictures, actions } = card;
  const parts = [
    author ? `<p class="by">${linked(author.text, author.url)}</p>` : '',
    title === undefined ? '' : `<p class="headline"><b>${linked(title, card.url)}</b></p>`,
    text === undefined ? '' : render(text),
    fields ? renderFields(fields, render) : '',
    pictures ? `<p>${pictures.map(renderLink).join(' ')}</p>` : '',
    actions ? `<p class="actions">${actions.map(renderLink).join(' ')}</p>` : '',
    renderFoot(card),
  ].join('');
  const before = pretext === undefined ? '' : render(pretext);
  return parts === '' ? before : `${before}<div class="slip${card.color ? ` ${colorClass(card.color)}` : ''}">${parts}</div>`;
}

const linked = (text: string, url: string | undefined): string => (url === undefined ? escapeHtml(text) : anchor(url, escapeHtml(text)));
const renderLink = ({ text, url }: Link): string => anchor(url, escapeHtml(text));

function renderFields(fields: readonly Field[], render: Render): string {
  const html = fields.map(
    ({ title, value, short }) => `<div${short ? ' class="short"' : ''}><dt>${escapeHtml(title)}</dt><dd>${render(value)}</dd></div>`,
  );
  return `<dl>${html.join('')}</dl>`;
}

function renderFoot({ footer, at }: Card): string {
  const said = [footer, at === undefined ? undefined : momentOf(at)].filter((one) => one !== undefined);
  return said.length === 0 ? '' : `<p><small>${said.map(escapeHtml).join(' · ')}</small></p>`;
}
