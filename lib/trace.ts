import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from './ids.ts';

/** Where a request stands in a trace that may cross several programs: https://www.w3.org/TR/trace-context/. Ids are lower-case hex. */
export type Trace = {
  /** 32 digits: the same in every program the work passes through. */
  readonly trace: string;
  /** 16 digits: this request here. */
  readonly span: string;
  /** The caller's span, when it named one. */
  readonly parent?: string;
  /** `01` when the caller records what it does, else `00`. */
  readonly flags: '00' | '01';
};

const HEADER = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Goes on from a `traceparent` header; with none, or one that breaks the standard in any way, a trace begins here. */
export function traceFrom(header: string, random: Random): Trace {
  const given = parse(header);
  const bytes = Buffer.from(random(given ? 8 : 24)).toString('hex');
  const span = bytes.slice(0, 16);
  return given ? { ...given, span } : { trace: bytes.slice(16), span, flags: '00' };
}

function parse(header: string): Omit<Trace, 'span'> | undefined {
  const [, version, trace = '', parent = '', flags = '', rest] = HEADER.exec(header) ?? [];
  // Version ff is forbidden, 00 ends after the flags; later ones may say more, and what we know of them still holds.
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(trace) || /^0+$/.test(parent)) return undefined;
  return { trace, parent, flags: Number.parseInt(flags, 16) % 2 === 1 ? '01' : '00' }; // bits we do not know may not be passed on
}

/** The header for a request that this one makes of another program. */
export const traceparent = ({ trace, span, flags }: Trace): string => `00-${trace}-${span}-${flags}`;

// Not state: which request a piece of code works for, as the runtime follows it through awaits, timers and callbacks.
const current = new AsyncLocalStorage<Trace | undefined>();

/** Does `work`, and all that it begins, as part of `trace`. `undefined`: as part of none, for work that serves many requests. */
export const within = <T>(trace: Trace | undefined, work: () => T): T => current.run(trace, work);

/** The trace of the request that the running code works for. */
export const currentTrace = (): Trace | undefined => current.getStore();
