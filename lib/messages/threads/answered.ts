import type { Core } from '../../core.ts';
import type { GroupId } from '../../ids.ts';
import { readMessage } from '../../log/history.ts';
import { seqFrom } from '../links.ts';
import { peopleNamed } from '../rendered.ts';
import { type Answered, presentTarget } from './related.ts';

/** The message that the composer is to answer. `asked`: its seq, as given in a URL or a form; null when there is no such message. */
export async function answeredIn(core: Core, group: GroupId, asked: unknown): Promise<Answered | null> {
  const seq = seqFrom(asked);
  if (seq === undefined) return null;
  try {
    const folded = await readMessage(core, group, seq);
    return await presentTarget(core, folded, await core.directory.profiles([folded.message.author, ...peopleNamed(folded.state)]));
  } catch {
    return null; // the page is shown without it
  }
}
