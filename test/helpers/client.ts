/** A complete response. */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
};

type Fields = Readonly<Record<string, string>>;
type Init = { readonly headers?: Fields; readonly body?: string | FormData | Uint8Array; readonly method?: string };

/** An HTTP client with a cookie jar. Does not follow redirects. */
export class Client {
  readonly url: string;
  readonly cookies = new Map<string, string>();
  readonly #headers: Fields;

  constructor(url: string, headers: Fields = {}) {
    this.url = url;
    this.#headers = headers;
  }

  /** A client of the same server with a bearer token and no cookies. */
  bearer(token: string): Client {
    return new Client(this.url, { Authorization: `Bearer ${token}` });
  }

  /** A copy of this session at another server, given by its origin. */
  at(url: string): Client {
    const copy = new Client(url, this.#headers);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Sends a request; resolves to the raw response, for streams. */
  async open(path: string, init: Init & { readonly signal?: AbortSignal } = {}): Promise<Response> {
    const cookie = this.cookieHeader === '' ? {} : { Cookie: this.cookieHeader };
    const headers = { ...cookie, ...this.#headers, ...init.headers };
    const response = await fetch(new URL(path, this.url), { redirect: 'manual', ...init, headers } as RequestInit);
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    const isGone = /expires=Thu, 01 Jan 1970/i.test(line);
    if (isGone) this.cookies.delete(pair.slice(0, at));
    else this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }

  async send(path: string, init: Init = {}): Promise<Answer> {
    const response = await this.open(path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
  }

  get(path: string, accept = 'text/html', headers: Fields = {}): Promise<Answer> {
    return this.send(path, { headers: { Accept: accept, ...headers } });
  }

  /** Posts a plain HTML form. */
  form(path: string, fields: Fields, headers: Fields = {}): Promise<Answer> {
    return this.send(path, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    });
  }

  json(method: string, path: string, body?: unknown, headers: Fields = {}): Promise<Answer> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.send(path, { method, ...content, headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers } });
  }
}
