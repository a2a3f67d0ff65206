import type { JsonSchema } from '../../lib/api/json-schema.ts';
import type { Schemas } from './conform.ts';

/** The parts of OpenAPI 3.1 that our document uses. */
export type Examples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
export type Content = Readonly<Record<string, { readonly schema: JsonSchema; readonly examples?: Examples }>>;
type Parameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: JsonSchema;
  readonly examples?: Examples;
};
type OperationObject = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content; readonly 'x-form'?: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content; readonly 'x-text'?: Content }>>;
};
export type Document = {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Schemas; readonly securitySchemes: Readonly<Record<string, { readonly type: string }>> };
};

type WithContent = { readonly content?: Content; readonly 'x-text'?: Content; readonly 'x-form'?: Content };

/** The content of a request body or a response, with the text or the forms that may stand in its place. */
export const contentOf = ({ content, 'x-text': text, 'x-form': form }: WithContent): Content | undefined =>
  text || form ? { ...content, ...text, ...form } : content;

export type Call = { readonly method: string; readonly path: string; readonly operation: OperationObject };

/** The operations of a document, in its order. */
export const callsIn = ({ paths }: Document): Call[] =>
  Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ method, path, operation })));

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const TYPES = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'];

/** Violations of OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1) in a document, for the parts that it uses. */
export function faultsInDocument(document: Document): string[] {
  const calls = callsIn(document);
  const ids = calls.map(({ operation }) => operation.operationId);
  return [
    ...(/^3\.1\.\d+$/.test(document.openapi) ? [] : ['openapi: not 3.1']),
    ...(document.info.title && document.info.version ? [] : ['info: no title or version']),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id}: twice`),
    ...calls.flatMap((call) => faultsInCall(document, call).map((fault) => `${call.method} ${call.path}: ${fault}`)),
    ...Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      faultsInSchema(document, schema).map((fault) => `${name}: ${fault}`),
    ),
  ];
}

function faultsInCall(document: Document, { method, path, operation }: Call): string[] {
  const { operationId, tags, summary, security, parameters, requestBody, responses } = operation;
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const inPath = parameters.filter((one) => one.in === 'path');
  const schemes = Object.keys(document.components.securitySchemes);
  return [
    ...(METHODS.includes(method) && path.startsWith('/') && operationId && summary ? [] : ['incomplete']),
    ...(tags.every((tag) => document.tags.some(({ name }) => name === tag)) ? [] : ['an unknown tag']),
    ...(security.flatMap(Object.keys).every((name) => schemes.includes(name)) ? [] : ['an unknown security scheme']),
    ...(named.toSorted().join() ===
    inPath
      .map(({ name }) => name)
      .toSorted()
      .join()
      ? []
      : ['path parameters do not match']),
    ...(inPath.every(({ required }) => required) ? [] : ['an optional path parameter']),
    ...(method === 'get' && requestBody ? ['a body with GET'] : []),
    ...(Object.keys(responses).every((status) => /^[2-5]\d\d$/.test(status)) ? [] : ['a response without status']),
    ...(Object.values(responses).every(({ description }) => description !== '') ? [] : ['a response without description']),
    ...parameters.flatMap(({ name, schema }) => faultsInSchema(document, schema).map((fault) => `${name}: ${fault}`)),
    ...[requestBody, ...Object.values(responses)].flatMap((one) =>
      Object.values(one?.content ?? {}).flatMap(({ schema }) => faultsInSchema(document, schema)),
    ),
  ];
}

function faultsInSchema(document: Document, schema: JsonSchema): string[] {
  const { $ref, type, properties = {}, required = [], items, anyOf = [], oneOf = [] } = schema;
  if ($ref !== undefined) {
    const name = $ref.replace('#/components/schemas/', '');
    return name in document.components.schemas ? [] : [`${$ref} leads nowhere`];
  }
  const isTyped = [type ?? []].flat().every((one) => TYPES.includes(one));
  return [
    ...(isTyped ? [] : [`type ${JSON.stringify(type)}`]),
    ...required.filter((name) => !(name in properties)).map((name) => `${name} is required and not there`),
    ...[...Object.values(properties), ...anyOf, ...oneOf, ...(items ? [items] : [])].flatMap((one) => faultsInSchema(document, one)),
  ];
}
