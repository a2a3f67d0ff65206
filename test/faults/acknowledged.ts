import { type Participants, QUIET } from './participants.ts';
import type { World } from './world.ts';

const POSTED = 'messages before a kill';
const JSON_TYPE = { Accept: 'application/json', 'Content-Type': 'application/json' };

/** Kills a server as soon as it has acknowledged a message. The list of groups of every server counts the message at once: nobody else writes there. */
export async function killAfterPost(world: World, participants: Participants, index: number): Promise<void> {
  const { environment, ledger } = world;
  const server = environment.server(index);
  const body = `quiet ${(ledger.counts.get(POSTED) ?? 0) + 1}`;
  const request = { method: 'POST', body: JSON.stringify({ body }), headers: { 'Idempotency-Key': body } };
  const { status, text } = await insistAt(world, participants, `${server.url}/groups/${QUIET}/messages`, request);
  await environment.end(server, 'SIGKILL');
  ledger.expect(status === 200 || status === 201, () => `a post in ${QUIET} was answered ${status}: ${text}`);
  ledger.count(POSTED);
  await Promise.all(environment.servers.filter((other) => other !== server).map(({ url }) => isCounted(world, participants, url)));
  await environment.start(server);
  await isCounted(world, participants, server.url);
}

async function isCounted(world: World, participants: Participants, url: string): Promise<void> {
  const { ledger } = world;
  const { text } = await insistAt(world, participants, `${url}/groups`);
  const groups: { slug: string; messages: number }[] = JSON.parse(text);
  const [found, wanted] = [groups.find(({ slug }) => slug === QUIET)?.messages, ledger.counts.get(POSTED)];
  ledger.expect(found === wanted, () => `the list of groups counts ${found} messages in ${QUIET}, ${wanted} were acknowledged`);
}

/** Asks one server until it answers something other than "come back later". */
async function insistAt(
  { ledger }: World,
  { person }: Participants,
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string }> {
  const asked = async () => {
    for (;;) {
      const answer = await fetch(url, { ...init, headers: { ...JSON_TYPE, ...person.credentials, ...init.headers } });
      const { status } = answer;
      const text = await answer.text();
      if (status !== 503 && status !== 409) return { status, text };
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return ledger.inTime(`an answer of ${url}`, asked());
}
