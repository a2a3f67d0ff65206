import type { Core, RenderedBody } from '../core.ts';
import type { UserId } from '../ids.ts';
import type { Folded } from '../log/entry.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { weightOf } from '../markup/cost.ts';
import { renderBody } from '../markup/html.ts';
import { EVERYBODY, type MentionTarget } from '../markup/mentions.ts';
import { parseRichContent, type RichContent } from '../markup/rich-content.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import type { Profiles } from './system-message.ts';

/** Makes each form once. */
class Body implements RenderedBody {
  readonly #state: Pick<Folded, 'body' | 'format' | 'mentions'>;
  readonly #mentioned: readonly MentionTarget[];
  #html: string | undefined;
  #text: string | undefined;
  #model: { readonly content: RichContent | undefined } | undefined;

  constructor({ body, format, mentions = [] }: Folded, mentioned: readonly MentionTarget[]) {
    this.#state = { body, format, mentions };
    this.#mentioned = mentioned;
  }

  get html(): string {
    this.#html ??= renderBody(this.#state.body, this.#state.format, this.#mentioned);
    return this.#html;
  }

  get text(): string {
    this.#text ??= bodyAsText(this.#state.body, this.#state.format);
    return this.#text;
  }

  get model(): RichContent | undefined {
    this.#model ??= { content: this.#state.format === 'model' ? parseRichContent(this.#state.body) : undefined };
    return this.#model.content;
  }

  isOf({ body, format, mentions = [] }: Folded): boolean {
    const { mentions: known = [] } = this.#state;
    return this.#state.format === format && this.#state.body === body && known.join() === mentions.join();
  }
}

/** A shorter body takes so little that it is not kept, and does not wait for its turn. */
const SHORT = 500;

/**
 * Applies `read` to the body of a message when there is time for it: long bodies are rendered in turns with other work (see Scheduler), and what was made
 * of them is kept. The names in `profiles` never change.
 */
export async function readRendered<T>(
  core: Pick<Core, 'scheduler' | 'renderedBodies'>,
  folded: FoldedMessage,
  profiles: Profiles,
  read: (body: RenderedBody) => T,
): Promise<T> {
  const { state } = folded;
  if (state.body.length <= SHORT) return read(new Body(state, mentionedIn(state, profiles)));
  return core.scheduler.run(() => read(keptBody(core, folded, profiles)));
}

function keptBody({ renderedBodies }: Pick<Core, 'renderedBodies'>, folded: FoldedMessage, profiles: Profiles): RenderedBody {
  const { message, state } = folded;
  const kept = renderedBodies.get(message.group, message.seq);
  if (kept?.isOf(state)) return kept;
  const body = new Body(state, mentionedIn(state, profiles));
  if (!isErased(folded)) renderedBodies.set(message.group, message.seq, body, 2 * weightOf(state.body, state.format));
  return body;
}

/** Ids of the users mentioned by name. */
export const peopleNamed = ({ mentions = [] }: Folded): UserId[] => mentions.filter((id) => id !== EVERYBODY.id);
export const namesAll = ({ mentions }: Folded): boolean => mentions?.includes(EVERYBODY.id) ?? false;

const mentionedIn = (state: Folded, profiles: Profiles): MentionTarget[] => [
  ...(namesAll(state) ? [EVERYBODY] : []),
  ...peopleNamed(state).flatMap((id) => profiles.get(id) ?? []),
];
