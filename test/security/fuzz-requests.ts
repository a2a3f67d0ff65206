import { readdirSync, readFileSync } from 'node:fs';
import { FIELDS, JSON_PARTS, NAMES, VALUES } from '../../fixtures/fuzz/values.ts';
import type { Dice } from '../faults/dice.ts';

/** One request before it is written to a socket. `body` undefined: none. */
export type FuzzRequest = {
  method: string;
  target: string;
  version: string;
  headers: [name: string, value: string][];
  body: Buffer | undefined;
};

/** Bytes to send, and whether a server can tell where the request ends: else it may wait for more. */
export type Wire = { readonly bytes: Buffer; readonly isFramed: boolean };

const FOLDER = new URL('../../fixtures/fuzz/', import.meta.url);

/** The requests of fixtures/fuzz/*.http, with `{name}` replaced by what `fill` has. */
export function readCorpus(fill: Readonly<Record<string, string>>): FuzzRequest[] {
  const texts = readdirSync(FOLDER).filter((name) => name.endsWith('.http'));
  return texts.flatMap((name) =>
    readFileSync(new URL(name, FOLDER), 'utf8')
      .split('\n###\n')
      .map((text) => parse(text.replaceAll(/\{(cookie|token|hook)\}/g, (_, key) => fill[key] ?? ''))),
  );
}

function parse(text: string): FuzzRequest {
  const [head = '', ...rest] = text.split('\n\n');
  const [line = '', ...headers] = head.trim().split('\n');
  const [method = 'GET', target = '/', version = 'HTTP/1.1'] = line.split(' ');
  const body = rest.join('\n\n').replace(/\n$/, '');
  const isMultipart = headers.some((header) => header.includes('multipart/'));
  return {
    method,
    target,
    version,
    headers: headers.map((header) => [header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1).trim()]),
    body: body === '' ? undefined : Buffer.from(isMultipart ? body.replaceAll('\n', '\r\n') : body),
  };
}

type Mutator = (request: FuzzRequest, dice: Dice) => void;

/** Changes a copy of a request in one to four ways. */
export function mutated(request: FuzzRequest, dice: Dice): FuzzRequest {
  const copy = { ...request, headers: request.headers.map(([name, value]): [string, string] => [name, value]) };
  for (let left = dice.int(1, 4); left > 0; left--) dice.pick(MUTATORS)(copy, dice);
  return copy;
}

const MUTATORS: readonly Mutator[] = [
  function headerValue({ headers }, dice) {
    const header = headers.length > 0 ? dice.pick(headers) : undefined;
    if (header) header[1] = dice.chance(0.5) ? dice.pick(VALUES) : edited(header[1], dice);
  },
  function headerAdded({ headers }, dice) {
    headers.push([dice.pick(NAMES), dice.pick(VALUES)]);
  },
  function headerTwice({ headers }, dice) {
    if (headers.length > 0) headers.push([...dice.pick(headers)]);
  },
  function headerRemoved({ headers }, dice) {
    headers.splice(dice.int(0, headers.length), 1);
  },
  function manyHeaders({ headers }, dice) {
    const [count, value] = [dice.int(10, 150), dice.pick(VALUES)];
    for (let n = 0; n < count; n++) headers.push([`X-${n}`, value.slice(0, 100)]);
  },
  function cookies({ headers }, dice) {
    const cookie = headers.find(([name]) => name === 'Cookie');
    const pair = `${dice.pick([...NAMES, ...VALUES, 'parley', 'parley.sig'])}=${dice.pick(VALUES)}`;
    if (cookie) cookie[1] = dice.chance(0.5) ? edited(cookie[1], dice) : `${cookie[1]}; ${pair}`;
    else headers.push(['Cookie', pair]);
  },
  function segment(request, dice) {
    const [path = '', ...query] = request.target.split('?');
    const segments = path.split('/');
    segments[dice.int(1, Math.max(1, segments.length - 1))] = encoded(dice.pick(VALUES), dice);
    request.target = [segments.join('/'), ...query].join('?');
  },
  function query(request, dice) {
    const name = dice.chance(0.8) ? dice.pick(FIELDS) : `${dice.pick(FIELDS)}[${dice.pick(['', '$ne', '__proto__', '0'])}]`;
    request.target += `${request.target.includes('?') ? '&' : '?'}${name}=${encoded(dice.pick(VALUES), dice)}`;
  },
  function queryValue(request, dice) {
    request.target = request.target.replace(/=[^&]*/, `=${encoded(dice.pick(VALUES), dice)}`);
  },
  function targetBytes(request, dice) {
    request.target = edited(request.target, dice);
  },
  function cursor({ headers }, dice) {
    headers.push([
      'Last-Event-ID',
      dice.pick([...VALUES, '3.073915', '999999999.000000', '0', `${dice.int(0, 99)}.${dice.int(0, 999_999)}`]),
    ]);
  },
  function method(request, dice) {
    request.method = dice.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE', 'QUERY']);
  },
  function json(request, dice) {
    const text = request.body?.toString() ?? '';
    if (!/^[{[]/.test(text)) return;
    const starts = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/g)];
    const { 0: part, index } = starts.length > 0 ? dice.pick(starts) : { 0: text, index: 0 };
    request.body = Buffer.from(text.slice(0, index) + dice.pick(JSON_PARTS) + text.slice(index + part.length));
  },
  function field(request, dice) {
    const text = request.body?.toString() ?? '';
    if (/^\w+=/.test(text)) request.body = Buffer.from(`${text}&${dice.pick(FIELDS)}=${encoded(dice.pick(VALUES), dice)}`);
  },
  function bodyBytes(request, dice) {
    if (request.body) request.body = editedBytes(request.body, dice);
  },
  function bodyLine(request, dice) {
    const lines = request.body?.toString('latin1').split('\r\n') ?? [];
    if (lines.length < 2) return;
    const at = dice.int(0, lines.length - 1);
    if (dice.chance(0.3)) lines.splice(at, 1);
    else lines[at] = edited(lines[at] ?? '', dice);
    request.body = Buffer.from(lines.join('\r\n'), 'latin1');
  },
  function type({ headers }, dice) {
    const types = [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=edge',
      'text/plain',
      'text/html',
      'image/png',
    ];
    headers.splice(0, headers.length, ...headers.filter(([name]) => name !== 'Content-Type'), [
      'Content-Type',
      dice.pick([...types, ...VALUES]),
    ]);
  },
  function body(request, dice) {
    request.body = Buffer.from(dice.chance(0.5) ? dice.pick(JSON_PARTS) : dice.pick(VALUES));
  },
];

/** Half of the values as they are, which a client must not send, and half encoded. */
const encoded = (value: string, dice: Dice): string =>
  dice.chance(0.5) ? encodeURIComponent(value.toWellFormed()) : value.replaceAll(/[\s\0]/g, '+');

const edited = (text: string, dice: Dice): string => editedBytes(Buffer.from(text), dice).toString('latin1');

function editedBytes(bytes: Buffer, dice: Dice): Buffer {
  const at = dice.int(0, bytes.length);
  const end = Math.min(bytes.length, at + dice.int(0, 8));
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (dice.int(0, 4)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, part, part, part, after]);
    case 2:
      return Buffer.concat([before, Buffer.from([dice.int(0, 255)]), after]);
    case 3:
      return Buffer.concat([before, Buffer.from(dice.pick(VALUES)), after]);
    default:
      return before;
  }
}

const clean = (text: string): string => text.replaceAll(/[\r\n\0]/g, ' ');

/** The request as bytes. Most have correct framing; some end too early, lie about their length, or have chunks of wrong sizes. */
export function written(request: FuzzRequest, host: string, dice: Dice): Wire {
  const { method, version, body } = request;
  const isRaw = dice.chance(0.05);
  const text = isRaw ? (value: string) => value : clean;
  const target = text(request.target).replaceAll(/\s/g, '+');
  const hosts = request.headers.some(([name]) => name === 'Host') ? [] : [['Host', host]];
  const headers = [...hosts, ...request.headers, ['Connection', 'close']];
  const framing = body === undefined ? { lines: [], content: Buffer.alloc(0), isFramed: true } : framed(body, dice);
  const lines = headers.map(([name = '', value = '']) => `${name}: ${text(value)}`);
  const head = `${[`${method} ${target} ${version}`, ...lines, ...framing.lines].join('\r\n')}\r\n\r\n`;
  return {
    bytes: Buffer.concat([Buffer.from(head, dice.chance(0.5) ? 'latin1' : 'utf8'), framing.content]),
    isFramed: framing.isFramed && !isRaw,
  };
}

function framed(body: Buffer, dice: Dice): { lines: string[]; content: Buffer; isFramed: boolean } {
  const kind = dice.int(0, 19);
  if (kind < 12) return { lines: [`Content-Length: ${body.length}`], content: body, isFramed: true };
  if (kind < 16) return { lines: ['Transfer-Encoding: chunked'], content: chunks(body, dice), isFramed: true };
  const broken = { content: body, isFramed: false };
  const length = dice.pick(['-1', '0x10', '1e3', '99999999999999999999', '', `${body.length + 5}`, `${Math.max(0, body.length - 3)}`]);
  if (kind === 16) return { lines: [`Content-Length: ${length}`], ...broken };
  if (kind === 17) return { lines: [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], ...broken };
  if (kind === 18)
    return { lines: [`Transfer-Encoding: ${dice.pick(['chunked, chunked', 'gzip, chunked', 'identity', ' chunked', 'x'])}`], ...broken };
  const wrong = dice.pick([
    '-1\r\n',
    'zz\r\n',
    'ffffffffffffffff\r\n',
    '5;a=b\r\nhello\r\n',
    '0\r\nTrailer: x\r\n',
    '1\r\nabc\r\n',
    '\r\n\r\n',
  ]);
  return { lines: ['Transfer-Encoding: chunked'], content: Buffer.concat([Buffer.from(wrong), body]), isFramed: false };
}

function chunks(body: Buffer, dice: Dice): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const end = Math.min(body.length, at + dice.int(1, Math.max(1, Math.ceil(body.length / 4))));
    parts.push(
      Buffer.from(`${(end - at).toString(16)}${dice.chance(0.2) ? ';ext="x"' : ''}\r\n`),
      body.subarray(at, end),
      Buffer.from('\r\n'),
    );
    at = end;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}
