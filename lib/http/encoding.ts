/** A content coding that this server makes. */
export type Encoding = 'br' | 'gzip' | 'identity';

/** The codings that an Accept-Encoding header allows, best first; `q=0` forbids one. `identity` is always the last. */
export function acceptedEncodings(header: string): Encoding[] {
  const allowed = new Set(
    header
      .toLowerCase()
      .split(',')
      .map((part) => part.replaceAll(/\s/g, '').split(';'))
      .filter(([, quality]) => !/^q=0(\.0*)?$/.test(quality ?? ''))
      .map(([name]) => name),
  );
  const wanted: Encoding[] = (['br', 'gzip'] as const).filter((name) => allowed.has(name) || allowed.has('*'));
  return [...wanted, 'identity'];
}
