/** A content coding that this server supports. */
export type Encoding = 'br' | 'gzip' | 'identity';

/** The codings that an Accept-Encoding header allows, preferred first; `q=0` excludes one. `identity` is always last. */
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
