import { examplesOf, type Json } from './examples.ts';
import { type JsonSchema, refTo } from './json-schema.ts';
import { type Body, MEDIA_TYPES, type Media, type Operation } from './operation.ts';
import { isText } from './responses.ts';

/**
 * The request body of an operation in OpenAPI; undefined if there is none. Forms with the same fields as the JSON are in the extension `x-form`,
 * because as additional content they make generated clients send a form instead of JSON.
 */
export function requestBodyOf({ body, examples }: Operation): Json | undefined {
  if (!body) return undefined;
  const content = (media: readonly Media[]): Json =>
    Object.fromEntries(
      media.map((one) => [
        MEDIA_TYPES[one],
        {
          schema: schemaFor(body, one),
          ...examplesOf(examples, (example) => (example.body?.media === one ? example.body.value : undefined)),
        },
      ]),
    );
  const forms = body.media.includes('json') ? body.media.filter((one) => isFormOfSame(body, one)) : [];
  return {
    required: body.optional !== true,
    content: content(body.media.filter((one) => !forms.includes(one))),
    ...(forms.length > 0 ? { 'x-form': content(forms) } : {}),
  };
}

const isFormOfSame = ({ upload }: Body, media: Media): boolean => media === 'form' || (media === 'multipart' && upload === undefined);

function schemaFor({ schema, upload, form = schema }: Body, media: Media): JsonSchema {
  const name = (media === 'multipart' && upload) || (media === 'form' || media === 'multipart' ? form : schema);
  return isText(media) || name === undefined ? { type: 'string' } : refTo(name);
}
