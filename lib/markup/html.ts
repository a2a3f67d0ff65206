import type { Format } from '../log/entry.ts';
import { renderMessage } from './markdown-html.ts';
import type { MentionTarget } from './mentions.ts';
import { parseRichContent } from './rich-content.ts';
import { renderRichContent } from './rich-content-html.ts';
import { renderText } from './text-html.ts';

export { escapeHtml } from './text-html.ts';

/**
 * The only function that makes HTML from message bodies: all text is escaped, only http, https and mailto URLs are linked, `@name` of the given people
 * is marked. The result is the same for every viewer.
 */
export function renderBody(body: string, format: Format, mentioned: readonly MentionTarget[]): string {
  switch (format) {
    case 'text':
      return renderText(body, mentioned);
    case 'markdown':
      return renderMessage(body, mentioned);
    case 'model': {
      const model = parseRichContent(body);
      return model ? renderRichContent(model, mentioned) : renderText(body, mentioned);
    }
    default:
      throw format satisfies never;
  }
}
