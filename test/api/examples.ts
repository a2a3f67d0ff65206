import { MINTED } from '../../lib/api/samples.ts';
import { type Call, type Content, contentOf, type Examples } from './openapi.ts';

/** One example of the document, collected from the parts with its name. */
export type Found = {
  readonly name: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | FormData | undefined;
  /** The status of the example response; undefined without one. */
  readonly status: string | undefined;
  readonly type: string | undefined;
  readonly answer: unknown;
};

const namesIn = (examples: Examples | undefined): string[] => Object.keys(examples ?? {});
const namesOf = (content: Content | undefined): string[] => Object.values(content ?? {}).flatMap(({ examples }) => namesIn(examples));

/** The examples of an operation, in the order of the document. One without parameters and response is named after the operation. */
export function examplesOf(call: Call): Found[] {
  const { parameters, requestBody, responses, operationId } = call.operation;
  const names = [
    ...parameters.flatMap(({ examples }) => namesIn(examples)),
    ...namesOf(requestBody && contentOf(requestBody)),
    ...Object.values(responses).flatMap((one) => namesOf(contentOf(one))),
  ];
  return (names.length === 0 ? [operationId] : [...new Set(names)]).map((name) => put(call, name));
}

function put({ path, operation }: Call, name: string): Found {
  const { parameters, requestBody, responses } = operation;
  const shownIn = (examples: Examples | undefined): unknown => examples?.[name]?.value;
  const of = (where: string) =>
    parameters.flatMap((one) => {
      const value = one.in === where ? shownIn(one.examples) : undefined;
      return value === undefined ? [] : [[one.name, String(value)] as const];
    });
  const filled = of('path').reduce((said, [param, value]) => said.replace(`{${param}}`, encodeURIComponent(value)), path);
  const query = new URLSearchParams(of('query').map(([param, value]): [string, string] => [param, value])).toString();
  const asked = partIn(requestBody && contentOf(requestBody), name);
  const [status, type, answer] = Object.entries(responses)
    .map(([code, response]) => [code, ...(partIn(contentOf(response), name) ?? [undefined, undefined])] as const)
    .find(([, , value]) => value !== undefined) ?? [undefined, undefined, undefined];
  return {
    ...{ name, path: query === '' ? filled : `${filled}?${query}`, status, type, answer },
    headers: { ...Object.fromEntries(of('header')), ...(asked && asked[0] !== 'multipart/form-data' ? { 'Content-Type': asked[0] } : {}) },
    body: asked && bodyOf(...asked),
  };
}

function partIn(content: Content | undefined, name: string): [string, unknown] | undefined {
  const found = Object.entries(content ?? {}).find(([, { examples }]) => examples !== undefined && name in examples);
  return found && [found[0], found[1].examples?.[name]?.value];
}

function bodyOf(type: string, value: unknown): string | FormData {
  const fields = Object.entries(Object(value)).flatMap(([name, one]) => [one].flat().map((each): [string, string] => [name, String(each)]));
  if (type === 'application/json') return JSON.stringify(value);
  if (type === 'application/x-www-form-urlencoded') return new URLSearchParams(fields).toString();
  if (type !== 'multipart/form-data') return String(value);
  const form = new FormData();
  for (const [name, one] of fields)
    if (name === 'attachment') form.set(name, new Blob(['passed\n']), one);
    else form.set(name, one);
  return form;
}

const minted = Object.values(MINTED);

/** The differences between a response and its example. Generated ids, codes and colours are not compared. */
export function differences(shown: unknown, real: unknown, at = '$'): string[] {
  if (at.endsWith('.color') && typeof shown === 'number') return typeof real === 'number' ? [] : [`${at}: no colour`];
  if (typeof shown === 'string' && typeof real === 'string')
    return isLike(shown, real) ? [] : [`${at}: ${JSON.stringify(real)}, not ${JSON.stringify(shown)}`];
  if (shown === null || real === null || typeof shown !== 'object' || typeof real !== 'object')
    return shown === real ? [] : [`${at}: ${JSON.stringify(real)}, not ${JSON.stringify(shown)}`];
  const names = new Set([...Object.keys(shown), ...Object.keys(real)]);
  const [a, b] = [new Map(Object.entries(shown)), new Map(Object.entries(real))];
  return [...names].flatMap((name) => differences(a.get(name), b.get(name), `${at}.${name}`));
}

function isLike(shown: string, real: string): boolean {
  const word = minted.find((one) => shown.includes(one) && one !== MINTED.origin);
  if (word === undefined) return shown === real;
  const [before = '', after = ''] = shown.split(word);
  return real.length > before.length + after.length && real.startsWith(before) && real.endsWith(after);
}
