import type { Format } from '../log/entry.ts';
import { renderWritten } from './markdown-html.ts';
import type { Named } from './mentions.ts';
import { parseModel } from './rich-content.ts';
import { renderModel } from './rich-content-html.ts';
import { renderText } from './text-html.ts';

export { escapeHtml } from './text-html.ts';

/**
 * The only producer of HTML from what people and bots write (with its parts markup-*.ts): every text is escaped, only http, https and mailto are
 * linked, `@name` of the people given is marked. It does not depend on who looks.
 */
export function renderBody(body: string, format: Format, mentioned: readonly Named[]): string {
  switch (format) {
    case 'text':
      return renderText(body, mentioned);
    case 'markdown':
      return renderWritten(body, mentioned);
    case 'model': {
      const model = parseModel(body);
      return model ? renderModel(model, mentioned) : renderText(body, mentioned);
    }
    default:
      throw format satisfies never;
  }
}
