import type { Random } from './ids.ts';

/** The position of a request in a distributed trace: https://www.w3.org/TR/trace-context/. Ids are lower-case hex. */
export type Trace = {
  /** 32 digits: the same in every service that the request passes through. */
  readonly trace: string;
  /** 16 digits: this request. */
  readonly span: string;
  /** The caller's span, if it sent one. */
  readonly parent?: string;
  /** `01` when the caller samples the trace, else `00`. */
  readonly flags: '00' | '01';
};

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Continues the trace of a `traceparent` header; starts a new trace when the header is absent or invalid. */
export function traceFrom(header: string, random: Random): Trace {
  const given = parse(header);
  const bytes = Buffer.from(random(given ? 8 : 24)).toString('hex');
  const span = bytes.slice(0, 16);
  return given ? { ...given, span } : { trace: bytes.slice(16), span, flags: '00' };
}

function parse(header: string): Omit<Trace, 'span'> | undefined {
  const [, version, trace = '', parent = '', flags = '', rest] = HEADER.exec(header) ?? [];
  // Version ff is invalid. Version 00 ends after the flags; later versions may add fields.
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(trace) || /^0+$/.test(parent)) return undefined;
  return { trace, parent, flags: Number.parseInt(flags, 16) % 2 === 1 ? '01' : '00' }; // unknown flags must not be forwarded
}

/** The `traceparent` header for an outgoing request of this one. */
export const traceparent = ({ trace, span, flags }: Trace): string => `00-${trace}-${span}-${flags}`;
