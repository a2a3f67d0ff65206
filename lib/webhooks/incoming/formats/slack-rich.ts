import { codeSpan, fenced } from '../../../markup/markdown.ts';
import { emojiIn } from './emoji.ts';
import { link, moment, plain } from './markup.ts';
import { type JsonObject, lines, numberIn, objectIn, objectsIn, textIn } from './read.ts';

/** Converts Slack's rich_text block to Markdown: sections, lists, preformatted text, quotes. */
export function fromRichText(block: JsonObject): string | undefined {
  let depth = -1;
  return lines(
    ...objectsIn(block.elements).map((part) => {
      depth = part.type === 'rich_text_list' ? Math.min(Math.max(0, numberIn(part.indent)), depth + 1, 3) : -1;
      return partOf(part, depth);
    }),
  );
}

/** `depth`: the indentation of a list, at most one more than that of the list before it. */
function partOf(part: JsonObject, depth: number): string | undefined {
  switch (part.type) {
    case 'rich_text_list':
      return listOf(part, depth);
    case 'rich_text_preformatted':
      return fenced(bareText(part));
    case 'rich_text_quote':
      return inlineOf(part).replace(/^/gm, '> ');
    default:
      return inlineOf(part);
  }
}

function listOf(part: JsonObject, depth: number): string | undefined {
  const indent = '    '.repeat(depth);
  const isNumbered = part.style === 'ordered';
  const items = objectsIn(part.elements).map((item, index) => {
    const said = inlineOf(item).replaceAll('\n', `\n${indent}   `);
    return `${indent}${isNumbered ? `${index + 1}.` : '-'} ${said}`;
  });
  return lines(...items);
}

const inlineOf = (part: JsonObject): string =>
  objectsIn(part.elements)
    .map((element) => styled(element, elementOf(element)))
    .join('');

const bareText = (part: JsonObject): string =>
  objectsIn(part.elements)
    .map(({ text, url }) => textIn(text) ?? textIn(url) ?? '')
    .join('');

function elementOf(element: JsonObject): string {
  const name = (field: string): string => textIn(element[field]) ?? '';
  switch (element.type) {
    case 'link':
      return link(name('text') || name('url'), element.url);
    case 'emoji':
      return emojiIn(element.name) ?? plain(`:${name('name')}:`);
    case 'user':
      return plain(`@${name('user_id')}`);
    case 'usergroup':
      return plain(`@${name('usergroup_id')}`);
    case 'channel':
      return plain(`#${name('channel_id')}`);
    case 'broadcast':
      return plain(`@${name('range')}`);
    case 'date':
      return plain(name('fallback') || moment(numberIn(element.timestamp)));
    default:
      return objectIn(element.style).code === true ? codeSpan(name('text')) : plain(typeof element.text === 'string' ? element.text : '');
  }
}

/** Adds the emphasis around the text without its leading and trailing spaces. */
function styled({ style }: JsonObject, said: string): string {
  const { bold, italic, strike, code } = objectIn(style);
  const marks = [bold && '**', italic && '*', strike && '~~'].filter((mark) => typeof mark === 'string');
  if (marks.length === 0 || code === true || said.trim() === '') return said;
  const [begin, end] = [said.length - said.trimStart().length, said.trimEnd().length];
  return `${said.slice(0, begin)}${marks.join('')}${said.slice(begin, end)}${marks.reverse().join('')}${said.slice(end)}`;
}
