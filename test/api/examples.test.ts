import test from 'ava';
import type { Answer, Client } from '../helpers/client.ts';
import { faultsIn } from './conform.ts';
import { differences, examplesOf, type Found } from './examples.ts';
import { type Call, callsIn, contentOf, type Document } from './openapi.ts';
import { makeWorld, type World } from './world.ts';

let world: World;
let document: Document;
test.before(async () => {
  world = await makeWorld();
  document = (await world.site.client().get('/openapi.json', 'application/json')).json<Document>();
});
test.after.always(() => world.site.close());

/** The client that the operation's security requires. */
function clientFor({ operation }: Call): Client {
  const client = world.site.client();
  const [scheme] = operation.security.flatMap(Object.keys);
  return scheme === undefined ? client : client.bearer(scheme === 'personal' ? world.annToken : world.botToken);
}

const acceptFor = (type: string | undefined): string => (type === 'application/problem+json' ? 'application/json' : (type ?? '*/*'));

async function send(call: Call, example: Found): Promise<Answer> {
  const body = typeof example.body === 'string' ? world.real(example.body) : example.body;
  const headers = { Accept: acceptFor(example.type), ...example.headers };
  const init = { method: call.method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) };
  const end = new AbortController();
  const response = await clientFor(call).open(world.real(example.path), { ...init, signal: end.signal });
  const text = response.headers.get('content-type')?.startsWith('text/event-stream') ? await beginning(response) : await response.text();
  end.abort(); // a stream does not end
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** The first event of a stream. */
async function beginning(response: Response): Promise<string> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('data:')) break;
  }
  return text;
}

/** The differences between a response and the document: status, type, schema, or the example. */
function faultsOf({ operation }: Call, example: Found, answer: Answer): string[] {
  const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
  const declared = operation.responses[answer.status];
  if (!declared || (example.status === undefined ? answer.status >= 300 : String(answer.status) !== example.status))
    return [`${answer.status}, not ${example.status ?? 'a success'}: ${answer.text}`];
  const contents = contentOf(declared);
  if (!contents) return answer.text === '' ? [] : [`a body: ${answer.text}`];
  const content = contents[type];
  if (!content) return [`${type} is not declared`];
  const value: unknown = type.endsWith('json') ? JSON.parse(world.sample(answer.text)) : answer.text;
  const shape = faultsIn(content.schema, value, document.components.schemas);
  return example.answer === undefined ? shape : [...shape, ...differences(example.answer, value)];
}

test('API examples: every example is sent and gets its documented response', async (t) => {
  const faults: string[] = [];
  let count = 0;
  for (const call of callsIn(document))
    for (const example of examplesOf(call)) {
      const found = faultsOf(call, example, await send(call, example));
      faults.push(...found.map((fault) => `${call.method} ${example.path} (${example.name}): ${fault}`));
      count += 1;
    }
  t.deepEqual(faults, []);
  t.true(count >= callsIn(document).length);
});

test('API examples: values match the declared schemas', (t) => {
  const faults: string[] = [];
  for (const { path, operation } of callsIn(document))
    for (const content of [operation.requestBody ?? {}, ...Object.values(operation.responses)].map(contentOf))
      for (const { schema, examples } of Object.values(content ?? {}))
        for (const [name, { value }] of Object.entries(examples ?? {}))
          faults.push(...faultsIn(schema, value, document.components.schemas).map((fault) => `${path} (${name}): ${fault}`));
  t.deepEqual(faults, []);
});

test('API examples: a value that does not match its schema is detected', (t) => {
  const { schemas } = document.components;
  const mark = { $ref: '#/components/schemas/ReadMark' };
  t.deepEqual(faultsIn(mark, { n: 1, unread: 0 }, schemas), []);
  t.deepEqual(faultsIn(mark, { n: '1' }, schemas), [
    `$ must have required property 'unread' {"missingProperty":"unread"}`,
    '$/n must be integer {"type":"integer"}',
  ]);
  t.deepEqual(faultsIn(mark, { n: 1, unread: 0, more: 1 }, schemas), [
    '$ must NOT have additional properties {"additionalProperty":"more"}',
  ]);
  t.deepEqual(differences({ a: [1, 'x'] }, { a: [1, 'y'] }), ['$.a.1: "y", not "x"']);
});
