import test from 'ava';
import type { JsonSchema } from '../../lib/api/json-schema.ts';
import type { Answer, Client } from '../helpers/client.ts';
import { targetOf } from './conform.ts';
import { examplesOf } from './examples.ts';
import { type Call, callsIn, type Document } from './openapi.ts';
import { makeWorld, type World } from './world.ts';

let world: World;
let document: Document;
let bot: Client;
let person: Client;
test.before(async () => {
  world = await makeWorld();
  document = (await world.site.client().get('/openapi.json', 'application/json')).json<Document>();
  bot = world.site.client().bearer(world.botToken);
  person = world.site.client().bearer(world.annToken);
});
test.after.always(() => world.site.close());

const HOSTILE: readonly unknown[] = [{ $ne: null }, { $gt: '' }, ['x', ['y']], { length: 1 }, null, { toString: 'x' }];

/** Incoming webhooks show any payload: they have no fields of ours. */
const isAnybodys = ({ path }: Call): boolean => /^\/(hooks|rooms)\//.test(path);
const clientFor = ({ operation }: Call): Client => (operation.security.some((one) => 'personal' in one) ? person : bot);

function send(call: Call, path: string, type: string | undefined, body: string | undefined): Promise<Answer> {
  const headers = { Accept: 'application/json', ...(type === undefined ? {} : { 'Content-Type': type }) };
  return clientFor(call).send(world.real(path), { method: call.method.toUpperCase(), headers, ...(body === undefined ? {} : { body }) });
}

/** The fields of a body with their example values. */
function formsOf(call: Call): { readonly fields: readonly string[]; readonly value: Record<string, unknown> }[] {
  const content = call.operation.requestBody?.content['application/json'];
  if (!content) return [];
  const schema = content.schema.$ref === undefined ? content.schema : targetOf(content.schema.$ref, document.components.schemas);
  const values = Object.values(content.examples ?? {}).map(({ value }) => value as Record<string, unknown>);
  const forms: readonly JsonSchema[] = schema.oneOf ?? schema.anyOf ?? [schema];
  return forms.flatMap((form) => {
    const fields = Object.keys(form.properties ?? {});
    const value = values.find((one) => Object.keys(one).every((name) => fields.includes(name)));
    return [{ fields, value: value ?? Object.fromEntries(fields.map((name) => [name, '1'])) }];
  });
}

test('hostile fields: an object, a list or null in a field is refused by name, never a server error', async (t) => {
  let count = 0;
  for (const call of callsIn(document).filter((one) => !isAnybodys(one)))
    for (const { fields, value } of formsOf(call))
      for (const field of fields)
        for (const hostile of HOSTILE) {
          const [example] = examplesOf(call);
          const answer = await send(call, example?.path ?? call.path, 'application/json', JSON.stringify({ ...value, [field]: hostile }));
          const what = `${call.method} ${call.path} ${field}=${JSON.stringify(hostile)}: ${answer.text}`;
          if (isListed(field, hostile)) t.true(answer.status < 500, what);
          else t.is(answer.status, 400, what);
          count += 1;
        }
  t.true(count > 100);
});

/** `with` takes a list of names, `values` those of fields: they report unknown ones. */
const isListed = (field: string, hostile: unknown): boolean =>
  (field === 'with' && Array.isArray(hostile)) || (field === 'values' && JSON.stringify(hostile) === '{"toString":"x"}');

test('hostile fields: query operators in names of fields and parameters are refused', async (t) => {
  for (const call of callsIn(document).filter((one) => !isAnybodys(one))) {
    const [example] = examplesOf(call);
    const path = (example?.path ?? call.path).split('?')[0] ?? '';
    for (const { fields } of formsOf(call))
      for (const field of fields) {
        const body = new URLSearchParams({ [`${field}[$ne]`]: '1' }).toString();
        const answer = await send(call, path, 'application/x-www-form-urlencoded', body);
        t.is(answer.status, 400, `${call.method} ${call.path} ${body}: ${answer.text}`);
      }
    for (const { name } of call.operation.parameters.filter((one) => one.in === 'query'))
      for (const query of [`${name}[$ne]=1`, `${name}[]=1`]) {
        const answer = await send(call, `${path}?${query}`, undefined, undefined);
        t.is(answer.status, 400, `${call.method} ${call.path} ${query}: ${answer.text}`);
      }
  }
});

test('hostile fields: query operators in a path find nothing', async (t) => {
  for (const call of callsIn(document)) {
    const names = call.operation.parameters.filter((one) => one.in === 'path');
    for (const { name } of names)
      for (const hostile of ['{"$ne":null}', '[object Object]', '\u0000', '../../x', "' OR 1=1 --", 'x'.repeat(3000)]) {
        if (name === 'emoji' || (name === 'key' && call.path.includes('by-key'))) continue; // any text is one
        const [example] = examplesOf(call);
        const values = Object.fromEntries(
          call.operation.parameters.map((one) => [one.name, Object.values(one.examples ?? {})[0]?.value ?? 'x']),
        );
        const path = call.path.replaceAll(/\{(\w+)\}/g, (_, param: string) =>
          encodeURIComponent(param === name ? hostile : String(values[param] ?? example?.name)),
        );
        const body = call.operation.requestBody ? JSON.stringify({ body: 'x', emoji: 'x', action: 'leave' }) : undefined;
        const { status, text } = await send(call, path, body === undefined ? undefined : 'application/json', body);
        t.true([400, 401, 403, 404].includes(status), `${status} ${call.method} ${path.slice(0, 200)}: ${text}`);
      }
  }
});
