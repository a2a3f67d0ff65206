import { examplesOf, type Json } from './examples.ts';
import { refTo } from './json-schema.ts';
import { type Example, MEDIA_TYPES, type Media, type Operation, type Response } from './operation.ts';

/** Whether a body has no fields. */
export const isText = (media: Media): boolean => media !== 'json' && media !== 'form' && media !== 'multipart';

/**
 * The successful responses of an operation in OpenAPI. Text that replaces JSON for `Accept: text/plain` is in the extension `x-text`, because as
 * additional content it would make each response type of a generated client a union with string.
 */
export function responsesOf({ responses, examples }: Operation): Json {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const here = examples.filter((one) => one.status === Number(status));
      return [status, responseOf(response, here)];
    }),
  );
}

function responseOf(response: Response, examples: readonly Example[]): Json {
  const media = response.media.filter((one) => one !== 'none');
  const asked: readonly Media[] = media[0] === 'json' ? media.filter((one) => one === 'text') : [];
  const content = contentOf(
    response,
    media.filter((one) => !asked.includes(one)),
    examples,
  );
  const headers = Object.entries(response.headers ?? {}).map(([name, description]) => [name, { description, schema: { type: 'string' } }]);
  return {
    description: response.description,
    ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}),
    ...(content ? { content } : {}),
    ...(asked.length > 0 ? { 'x-text': contentOf(response, asked, examples) } : {}),
  };
}

function contentOf(response: Response, media: readonly Media[], examples: readonly Example[]): Json | undefined {
  if (media.length === 0) return undefined;
  return Object.fromEntries(media.map((one) => [MEDIA_TYPES[one], mediaOf(response, one, examples)]));
}

function mediaOf({ schema: name, list, events }: Response, media: Media, examples: readonly Example[]): Json {
  const whole = typeof name === 'string' ? refTo(name) : name && { anyOf: name.map(refTo) };
  const schema = isText(media) || !whole ? { type: 'string' } : list ? { type: 'array', items: whole } : whole;
  return {
    schema,
    ...(events && media === 'stream' ? { 'x-itemSchema': events } : {}),
    ...examplesOf(examples, ({ answer }) => (answer.media === media ? answer.value : undefined)),
  };
}
