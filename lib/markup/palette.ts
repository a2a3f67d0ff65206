/** Colour names of other chat systems. */
const NAMED: Readonly<Record<string, string>> = {
  good: '#2eb67d',
  success: '#2eb67d',
  ok: '#2eb67d',
  green: '#2eb67d',
  warning: '#ecb22e',
  yellow: '#ecb22e',
  orange: '#e8912d',
  danger: '#e01e5a',
  failure: '#e01e5a',
  error: '#e01e5a',
  critical: '#e01e5a',
  red: '#e01e5a',
  info: '#1d9bd1',
  blue: '#1d9bd1',
  purple: '#7c4dff',
  pink: '#e75fb0',
  grey: '#8a8a8a',
  gray: '#8a8a8a',
};

/** Hues (OKLCH, degrees) of the classes c-0 to c-11 in static/css/tokens.css. */
const HUES = [15, 45, 72, 105, 135, 160, 190, 222, 252, 282, 312, 345];
const MIN_CHROMA = 0.035;

/** Converts a colour name, `#rgb`, `#rrggbb` (with or without `#`) or an integer 0xRRGGBB to `#rrggbb`; undefined for anything else. */
export function colorOf(value: unknown): string | undefined {
  if (typeof value === 'number') return isColor(value) ? `#${value.toString(16).padStart(6, '0')}` : undefined;
  if (typeof value !== 'string' || value.length > 20) return undefined;
  const word = value.trim().toLowerCase();
  if (Object.hasOwn(NAMED, word)) return NAMED[word];
  const [, short, long] = /^#?(?:([0-9a-f]{3})|([0-9a-f]{6}))$/.exec(word) ?? [];
  if (short !== undefined) return `#${[...short].map((digit) => digit + digit).join('')}`;
  return long === undefined ? undefined : `#${long}`;
}

const isColor = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffffff;

/** The class for a colour `#rrggbb`: the nearest hue of the palette, which has enough contrast on light and dark; `ash` for greys. The CSP forbids inline styles. */
export function colorClass(color: string): string {
  const { chroma, hue } = lchOf(Number.parseInt(color.slice(1), 16));
  if (chroma < MIN_CHROMA) return 'ash';
  const distance = (other: number): number => Math.min(Math.abs(hue - other), 360 - Math.abs(hue - other));
  return `c-${HUES.reduce((best, other, index) => (distance(other) < distance(HUES[best] ?? 0) ? index : best), 0)}`;
}

/** Chroma and hue (degrees) in OKLCH, by CSS Color 4, section 9.3. */
function lchOf(rgb: number): { chroma: number; hue: number } {
  const [r, g, b] = [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map(linear) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const [a, bb] = [1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
  return { chroma: Math.hypot(a, bb), hue: ((Math.atan2(bb, a) * 180) / Math.PI + 360) % 360 };
}

const linear = (byte: number): number => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
