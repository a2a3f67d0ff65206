import { Agent, request } from 'node:http';
import { MESSAGES } from '../faults/load.ts';
import type { Client } from '../helpers/client.ts';

type Answer = { readonly status: number; readonly text: string };

/**
 * Clients that post and read without a pause over connections that they keep, and never try anything twice: whatever the server or the
 * connection refuses them is a failure.
 */
export class SteadyLoad {
  /** Acknowledged seq by body. */
  readonly posted = new Map<string, number>();
  readonly failures: string[] = [];
  gets = 0;
  /** Number of responses with `Connection: close`. */
  closes = 0;
  #isOver = false;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  readonly #who: Client;
  readonly #clients: Promise<void>[];
  readonly #agents: Agent[] = [];

  constructor(who: Client, posters: number, readers: number) {
    this.#who = who;
    const roles = [...Array<'post'>(posters).fill('post'), ...Array<'get'>(readers).fill('get')];
    this.#clients = roles.map((role, index) => this.#run(role, index));
  }

  /** Resolves after this number of further messages. */
  posts(count: number): Promise<void> {
    const target = this.posted.size + count;
    return new Promise((resolve) => this.#waiting.push({ count: target, resolve }));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    for (const agent of this.#agents) agent.destroy();
  }

  async #run(role: 'post' | 'get', index: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    for (let i = 0; !this.#isOver; i += 1) {
      try {
        if (role === 'post') await this.#post(agent, `${index} ${i}`);
        else await this.#get(agent);
      } catch (error) {
        this.failures.push(`${role}: ${String(error)}`);
      }
    }
  }

  async #post(agent: Agent, body: string): Promise<void> {
    const { status, text } = await this.#send(agent, 'POST', MESSAGES, JSON.stringify({ body }));
    if (status !== 201) throw new Error(`${status} ${text}`);
    this.posted.set(body, Number(JSON.parse(text).seq));
    for (const { count, resolve } of this.#waiting) if (this.posted.size >= count) resolve();
  }

  async #get(agent: Agent): Promise<void> {
    const { status, text } = await this.#send(agent, 'GET', `${MESSAGES}?limit=5`);
    if (status !== 200) throw new Error(`${status} ${text}`);
    this.gets += 1;
  }

  #send(agent: Agent, method: string, path: string, body = ''): Promise<Answer> {
    const headers = { Cookie: this.#who.cookieHeader, Accept: 'application/json', 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.#who.url), { method, agent, headers }, (response) => {
        let text = '';
        if (response.headers.connection === 'close') this.closes += 1;
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
      });
      sent.on('error', reject).end(body);
    });
  }
}
