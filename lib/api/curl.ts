import { type Example, MEDIA_TYPES, type Operation } from './operation.ts';

/** Quotes an argument for a shell. */
const quoted = (text: string): string => (/^[\w/:.=@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** The path and query of an example's request. */
function targetOf({ path }: Pick<Operation, 'path'>, example: Pick<Example, 'path' | 'query'>): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(example.path?.[name] ?? '')));
  const query = new URLSearchParams(
    Object.entries(example.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return query === '' ? filled : `${filled}?${query}`;
}

/** The fields of a form; a field with several values is repeated. */
const fieldsOf = (value: unknown): [string, unknown][] =>
  Object.entries(Object(value)).flatMap(([name, one]) => [one].flat().map((each): [string, unknown] => [name, each]));

/** curl options for the body and the accepted response of an example. */
function contentOf({ body, answer }: Example): string[] {
  const accept = answer.media === 'text' ? ['-H', `Accept: ${MEDIA_TYPES.text}`] : [];
  if (!body) return accept;
  switch (body.media) {
    case 'json':
      return ['--json', JSON.stringify(body.value), ...accept];
    case 'form':
      return fieldsOf(body.value).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
    case 'multipart':
      return fieldsOf(body.value).flatMap(([name, value]) => ['-F', name === 'attachment' ? `${name}=@${value}` : `${name}=${value}`]);
    default:
      return ['-H', `Content-Type: ${MEDIA_TYPES[body.media]}`, ...accept, '--data-binary', String(body.value)];
  }
}

/** A shell command that sends an example; the reader sets `$TOKEN`. */
export function curlOf(origin: string, operation: Operation, example: Example): string {
  const isImplied = operation.method === 'get' || (operation.method === 'post' && example.body !== undefined);
  const method = isImplied ? [] : ['-X', operation.method.toUpperCase()];
  const token = operation.access === 'public' ? '' : ' -H "Authorization: Bearer $TOKEN"';
  const headers = Object.entries(example.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const noBuffer = example.answer.media === 'stream' ? ['-N'] : [];
  const rest = [...headers, ...contentOf(example), `${origin}${targetOf(operation, example)}`];
  return [`curl`, ...noBuffer, ...method].join(' ') + [token, ...rest.map((one) => ` ${quoted(one)}`)].join('');
}
