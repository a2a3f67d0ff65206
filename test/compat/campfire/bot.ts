/** A message as a Campfire bot reads it. */
export type CampfireMessage = {
  readonly id: number;
  readonly created_at: string;
  readonly body: { readonly plain_text: string; readonly html: string };
  readonly creator: { readonly id: string; readonly name: string; readonly role: string; readonly avatar_url: string };
  readonly room: { readonly id: number };
  readonly url: string;
};

/**
 * A bot as people write them for Campfire: it knows a host, a room and a key, and nothing of this project. It reads on from the last message it saw; for each
 * that begins with `!recap` it boosts with eyes, says that it is at work, and then edits that into what was said before.
 */
export class RecapBot {
  readonly #base: string;
  readonly #me: string;
  #last = 0;

  constructor(host: string, room: string | number, key: string) {
    this.#base = `${host}/rooms/${room}/${key}/messages`;
    this.#me = key.split('-')[0] ?? '';
  }

  /** Polls once; resolves to the number of answered messages. */
  async poll(): Promise<number> {
    const messages = await this.#newer();
    this.#last = messages.at(-1)?.id ?? this.#last;
    const asked = messages.filter(({ body, creator }) => body.plain_text.startsWith('!recap') && creator.id !== this.#me);
    for (const message of asked) await this.#answer(message);
    return asked.length;
  }

  async #newer(): Promise<CampfireMessage[]> {
    const all: CampfireMessage[] = [];
    for (let next: string | undefined = `${this.#base}?after=${this.#last}`; next !== undefined; ) {
      const response: Response = await this.#ask('GET', next, 200);
      all.push(...((await response.json()) as CampfireMessage[]));
      next = /<([^>]+)>; rel="next"/.exec(response.headers.get('Link') ?? '')?.[1];
    }
    return all;
  }

  async #answer({ id }: CampfireMessage): Promise<void> {
    const eyes = await this.#ask('POST', `${this.#base}/${id}/boosts`, 201, '👀');
    const { id: boost } = (await eyes.json()) as { id: number };
    const said = await this.#ask('POST', this.#base, 201, 'Reading …');
    const reply = /\/messages\/(\d+)$/.exec(said.headers.get('Location') ?? '')?.[1];
    const before = (await (await this.#ask('GET', `${this.#base}?before=${id}`, 200)).json()) as CampfireMessage[];
    const lines = before.slice(-3).map(({ creator, body }) => `${creator.name}: ${body.plain_text}`);
    await this.#ask('PATCH', `${this.#base}/${reply}`, 200, lines.join('\n'));
    await this.#ask('DELETE', `${this.#base}/${id}/boosts/${boost}`, 204);
  }

  async #ask(method: string, url: string, wanted: number, body?: string): Promise<Response> {
    const response = await fetch(url, { method, redirect: 'manual', ...(body === undefined ? {} : { body }) });
    if (response.status !== wanted) throw new Error(`${method} was answered ${response.status}: ${await response.text()}`);
    return response;
  }
}
