import { type McpServer, type ReadResourceResult, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server';
import { groupJson } from '../groups/presenter.ts';
import { myGroups } from '../groups/roster.ts';
import { readMessage } from '../log/history.ts';
import { type Caller, groupOf } from './caller.ts';
import { orProtocolError } from './errors.ts';
import { messagesIn, oneMessage } from './messages.ts';
import { Group, Message } from './schemas.ts';
import { GROUP_URI, groupUri, MESSAGE_URI, parseUri } from './uris.ts';

/** The messages in the resource of a group. */
const NEWEST = 50;

/** The resources: groups with their newest messages, and single messages. Clients list groups only: messages are found by reading and searching. */
export function registerResources(server: McpServer, caller: Caller): void {
  const complete = { slug: (begun: string) => slugsOf(caller, begun) };
  server.registerResource(
    'group',
    new ResourceTemplate(GROUP_URI, { list: () => orProtocolError(caller, 'resources/list', () => listGroups(caller)), complete }),
    { title: 'A group', description: `A group or direct messages, with the newest ${NEWEST} messages.`, mimeType: 'application/json' },
    (uri) => read(caller, uri.href, readGroup),
  );
  server.registerResource(
    'message',
    new ResourceTemplate(MESSAGE_URI, { list: undefined, complete }),
    { title: 'A message', description: 'One message as it is now.', mimeType: 'application/json' },
    (uri) => read(caller, uri.href, readOne),
  );
}

async function listGroups({ core, user }: Caller) {
  const mine = await myGroups(core, user, { all: true });
  return {
    resources: mine.map(({ group: { slug, name, topic } }) => ({
      ...{ uri: groupUri(slug), name: slug, title: name },
      ...(topic === '' ? {} : { description: topic }),
    })),
  };
}

/** The slugs of the caller's groups that begin like this. */
export const slugsOf = (caller: Caller, begun: string): Promise<string[]> =>
  orProtocolError(caller, 'completion/complete', async () => {
    const mine = await myGroups(caller.core, caller.user, { all: true });
    return mine.map(({ group }) => group.slug).filter((slug) => slug.startsWith(begun));
  });

type Reader = (caller: Caller, slug: string, seq: number | undefined) => Promise<object>;

const read = (caller: Caller, uri: string, reader: Reader): Promise<ReadResourceResult> =>
  orProtocolError(
    caller,
    'resources/read',
    async () => {
      const named = parseUri(uri);
      if (!named) throw new ResourceNotFoundError(uri);
      const text = JSON.stringify(await reader(caller, named.slug, named.seq));
      return { contents: [{ uri, mimeType: 'application/json', text }] };
    },
    uri,
  );

async function readGroup(caller: Caller, slug: string): Promise<object> {
  const { core } = caller;
  const at = await groupOf(caller, slug);
  const [head, { messages }] = await Promise.all([core.store.log.head(at.group.id), messagesIn(caller, at, { limit: NEWEST })]);
  const group = groupJson(at.group, at.membership, head.n, core.config.basePath);
  return { ...Group.parse(group), newest: Message.array().parse(messages) };
}

async function readOne(caller: Caller, slug: string, seq = 0): Promise<object> {
  const at = await groupOf(caller, slug);
  return Message.parse(await oneMessage(caller, at, await readMessage(caller.core, at.group.id, seq)));
}
