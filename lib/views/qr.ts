/** A QR code (ISO/IEC 18004): `path` draws the dark modules in a square of `size` units, margin included, for an SVG path on white. */
export type QrCode = { readonly size: number; readonly path: string };

/** The QR code of a text. The text occurs in it only as modules. Loads the encoder at first use. */
export async function qrCode(text: string): Promise<QrCode> {
  const { encode } = await import('uqr');
  const { size, data } = encode(text, { ecc: 'M', border: 4 });
  const path = data.flatMap((row, y) => runsOf(row).map(({ x, length }) => `M${x} ${y}h${length}v1h-${length}z`)).join('');
  return { size, path };
}

/** The same as an SVG document. */
export async function qrCodeSvg(text: string): Promise<string> {
  const { size, path } = await qrCode(text);
  const all = `0 0 ${size} ${size}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${all}" shape-rendering="crispEdges"><path d="M0 0h${size}v${size}h-${size}z" fill="#fff"/><path d="${path}"/></svg>\n`;
}

/** The runs of dark modules in a row. */
function runsOf(row: readonly boolean[]): { readonly x: number; readonly length: number }[] {
  const runs: { x: number; length: number }[] = [];
  for (const [x, isDark] of row.entries()) {
    const last = runs.at(-1);
    if (!isDark) continue;
    if (last && last.x + last.length === x) last.length += 1;
    else runs.push({ x, length: 1 });
  }
  return runs;
}
