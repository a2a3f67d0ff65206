import type { EphemeralEvent } from '../events.ts';
import type { GroupId, UserId } from '../ids.ts';
import { type Ephemeral, readEphemeral, readEphemerals } from '../messages/ephemeral/operations.ts';
import { ephemeralHtml, ephemeralJson, presentEphemeral } from '../messages/ephemeral/presenter.ts';
import { type FollowerDependencies, isOfThread, isPage, type Subscriber } from './follower.ts';
import { showsHtml } from './formats.ts';
import { sseFrame } from './frame.ts';
import { asRow, PerFormat } from './per-format.ts';

/** The id of one that was dismissed. */
type Gone = { readonly gone: string };

/**
 * Sends messages of bots that one member sees to that member's pages, live documents and streams of JSON. They come from the store: an event says only that
 * there is one or that it has gone. A page gets all of them when its stream starts, and knows each by its id.
 */
export class Ephemerals {
  readonly #parts: FollowerDependencies;

  constructor(parts: FollowerDependencies) {
    this.#parts = parts;
  }

  onEvent({ group, user, id }: EphemeralEvent): void {
    const readers = this.#readersOf(group, user);
    if (readers.length > 0) this.#send(group, readers, async () => (await readEphemeral(this.#parts.core, id)) ?? { gone: id });
  }

  /** To be called when a stream has started. Programs list what there is (`GET /groups/:slug/ephemeral`). */
  opened(group: GroupId, reader: Subscriber): void {
    if (showsHtml(reader.listener.format) && !isOfThread(reader)) void this.#sendAll(group, reader.listener.user, [reader]);
  }

  /** To be called after events may have been lost. */
  recheck(groups: readonly GroupId[]): void {
    for (const group of groups) {
      const pages = [...this.#parts.followersOf(group)].filter((reader) => isPage(reader) && !isOfThread(reader));
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
    return [...this.#parts.followersOf(group)].filter((reader) => {
      const { format } = reader.listener;
      const isShown = showsHtml(format) || format === 'json' || format === 'event';
      return reader.listener.user === user && isShown && !isOfThread(reader);
    });
  }

  #send(group: GroupId, readers: readonly Subscriber[], read: () => Promise<Ephemeral | Gone>): void {
    const write = async (): Promise<void> => {
      const one = await read();
      const forms = 'gone' in one ? this.#endForms(group, one) : await this.#rowForms(group, one, readers);
      for (const reader of readers) {
        const bytes = forms.for(reader.listener.format);
        if (bytes.length > 0 && reader.isOpen) reader.write(bytes);
      }
    };
    write().catch(this.#parts.onError);
  }

  async #rowForms(group: GroupId, one: Ephemeral, readers: readonly Subscriber[]): Promise<PerFormat> {
    const { core, views, slugOf } = this.#parts;
    const [slug, { basePath }] = [slugOf(group) ?? '', core.config];
    const profiles = await core.directory.profiles([one.bot]);
    const html = readers.some(({ listener }) => showsHtml(listener.format)) ? await ephemeralHtml(core, one) : '';
    return new PerFormat((kind) => {
      if (kind === 'json') return sseFrame(JSON.stringify(ephemeralJson(one, { slug, basePath }, profiles)), { event: 'ephemeral' });
      return asRow(kind, views.render('messages/_ephemeral.njk', { one: presentEphemeral(one, html, profiles), slug }));
    });
  }

  /** Nothing for a live document, which cannot take a row back. */
  #endForms(group: GroupId, { gone: id }: Gone): PerFormat {
    const { views, slugOf } = this.#parts;
    return new PerFormat((kind) => {
      if (kind === 'frame') return '';
      if (kind === 'html') return asRow(kind, views.render('messages/_ephemeral-end.njk', { id }));
      return sseFrame(JSON.stringify({ group: slugOf(group) ?? '', id }), { event: 'ephemeral_end' });
    });
  }
}
