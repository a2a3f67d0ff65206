import type { Core } from '../../core.ts';
import type { GroupId } from '../../ids.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { escapeMarkdown } from '../../markup/markdown.ts';
import { parseRichContent, type RichContent } from '../../markup/rich-content.ts';

/** A stored body as rich content, whatever its format. */
export function contentOfBody({ body, format }: Pick<FoldedMessage['state'], 'body' | 'format'>): RichContent {
  const model = format === 'model' ? parseRichContent(body) : undefined;
  return model ?? { text: format === 'markdown' ? body : escapeMarkdown(body), cards: [] };
}

/** What a message says now, as rich content. Errors: `notFound`, `unavailable`. */
export const storedContent = async (core: Core, group: GroupId, seq: number): Promise<RichContent> =>
  contentOfBody((await readMessage(core, group, seq)).state);
