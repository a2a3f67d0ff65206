import type { Core } from '../core.ts';
import type { EphemeralEvent } from '../events.ts';
import type { GroupId, UserId } from '../ids.ts';
import { inLanguage } from '../language/current.ts';
import { type Ephemeral, readEphemeral, readEphemerals } from '../messages/ephemeral/operations.ts';
import { ephemeralJson, presentEphemeral } from '../messages/ephemeral/presenter.ts';
import type { Renderer } from './batch.ts';
import type { Subscriber } from './follower.ts';
import { isFrame, isHtml, languageOf } from './formats.ts';
import { sseFrame } from './frame.ts';

type Dependencies = {
  readonly core: Core;
  readonly views: Renderer;
  readonly followersOf: (group: GroupId) => Iterable<Subscriber>;
  /** Undefined when no stream here follows the group any more. */
  readonly slugOf: (group: GroupId) => string | undefined;
  readonly onError: (error: unknown) => void;
};

/**
 * Sends messages of bots that one member sees to that member's pages, live documents and streams of JSON. They come from the store: an event says only that
 * there is one or that it has gone. A page gets all of them when its stream starts, and knows each by its id.
 */
export class Ephemerals {
  readonly #parts: Dependencies;

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  onEvent({ group, user, id }: EphemeralEvent): void {
    const readers = this.#readersOf(group, user);
    if (readers.length > 0) this.#send(group, readers, async () => (await readEphemeral(this.#parts.core, id)) ?? { gone: id });
  }

  /** To be called when a stream has started. Programs list what there is (`GET /groups/:slug/ephemeral`). */
  opened(group: GroupId, reader: Subscriber): void {
    if (isHtml(reader.listener.format) || isFrame(reader.listener.format)) void this.#sendAll(group, reader.listener.user, [reader]);
  }

  /** To be called after events may have been lost. */
  recheck(groups: readonly GroupId[]): void {
    for (const group of groups) {
      const pages = [...this.#parts.followersOf(group)].filter(({ listener }) => isHtml(listener.format));
      for (const [user, readers] of Map.groupBy(pages, ({ listener }) => listener.user)) void this.#sendAll(group, user, readers);
    }
  }

  async #sendAll(group: GroupId, user: UserId, readers: readonly Subscriber[]): Promise<void> {
    const found = await readEphemerals(this.#parts.core, group, user).catch((error) => {
      this.#parts.onError(error);
      return [];
    });
    for (const one of found) this.#send(group, readers, async () => one);
  }

  /** The streams of a user that show a whole group, or are of a program. */
  #readersOf(group: GroupId, user: UserId): Subscriber[] {
    return [...this.#parts.followersOf(group)].filter(({ listener }) => {
      const { format, filter } = listener;
      const isShown = isHtml(format) || isFrame(format) || format === 'json' || format === 'event';
      return listener.user === user && isShown && filter?.thread === undefined;
    });
  }

  #send(group: GroupId, readers: readonly Subscriber[], read: () => Promise<Ephemeral | { readonly gone: string }>): void {
    const write = async (): Promise<void> => {
      const one = await read();
      for (const reader of readers) {
        const bytes = await this.#bytes(group, one, reader);
        if (bytes !== '' && reader.isOpen) reader.write(bytes);
      }
    };
    write().catch(this.#parts.onError);
  }

  /** '' for nothing: a live document cannot take a row back. */
  async #bytes(group: GroupId, one: Ephemeral | { readonly gone: string }, { listener: { format } }: Subscriber): Promise<string> {
    const { core, views, slugOf } = this.#parts;
    const slug = slugOf(group) ?? '';
    if ('gone' in one) {
      if (isFrame(format)) return '';
      if (isHtml(format)) return sseFrame(views.render('messages/_ephemeral-end.njk', { id: one.gone }).trim());
      return sseFrame(JSON.stringify({ group: slug, id: one.gone }), { event: 'ephemeral_end' });
    }
    const profiles = await core.directory.profiles([one.bot]);
    if (!isHtml(format) && !isFrame(format))
      return sseFrame(JSON.stringify(ephemeralJson(one, { slug, basePath: core.config.basePath }, profiles)), { event: 'ephemeral' });
    return inLanguage(languageOf(format), async () => {
      const row = views.render('messages/_ephemeral.njk', { one: await presentEphemeral(core, one, profiles), slug }).trim();
      return isFrame(format) ? `${row}\n` : sseFrame(row);
    });
  }
}
