import type { Core } from '../core.ts';
import { asGroupId, asUserId, type GroupId, newGroupId, newUserId, type UserId } from '../ids.ts';
import { sha256 } from '../secrets.ts';

/**
 * What earlier runs of an import made, as settings: which account is which person of the source, and which group is which channel. An id is stored
 * before the record that has it is inserted, so that a run that was killed in between is continued with the same id.
 */
export class ImportState {
  readonly #core: Pick<Core, 'store' | 'random'>;
  readonly #prefix: string;

  constructor(core: Pick<Core, 'store' | 'random'>, origin: string) {
    this.#core = core;
    this.#prefix = `import:${sha256(origin).slice(0, 16)}`;
  }

  #key(what: 'person' | 'channel', id: string): string {
    return `${this.#prefix}:${what}:${sha256(id).slice(0, 24)}`;
  }

  async user(person: string): Promise<UserId | undefined> {
    const id = await this.#core.store.settings.get(this.#key('person', person));
    return id === undefined ? undefined : asUserId(id);
  }

  /** The id of the account that is made for a person; the same in every run. */
  async keepUser(person: string): Promise<UserId> {
    return asUserId(await this.#core.store.settings.putIfAbsent(this.#key('person', person), newUserId(this.#core.random)));
  }

  /** Records that an account which exists is that person. */
  async setUser(person: string, id: UserId): Promise<void> {
    await this.#core.store.settings.put(this.#key('person', person), id);
  }

  async group(channel: string): Promise<GroupId | undefined> {
    const id = await this.#core.store.settings.get(this.#key('channel', channel));
    return id === undefined ? undefined : asGroupId(id);
  }

  /** The id of the group that is made for a channel; the same in every run. */
  async keepGroup(channel: string): Promise<GroupId> {
    return asGroupId(await this.#core.store.settings.putIfAbsent(this.#key('channel', channel), newGroupId(this.#core.random)));
  }
}
