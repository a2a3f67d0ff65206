import sharp from 'sharp';

const WIDTH = 1200;
const HEIGHT = 560;

/** A drawing of a ferry at dusk as PNG: an uploaded image in the screenshots that is free of others' rights. */
export const ferryImage = (): Promise<Buffer> => sharp(Buffer.from(drawing())).png({ palette: true, quality: 90 }).toBuffer();

/** The path of a ridge of hills, the same at every run. */
function ridge(top: number, height: number, steps: number, shift: number): string {
  const points = Array.from({ length: steps + 1 }, (_, i) => {
    const x = (i / steps) * WIDTH;
    const y = top - height * (0.5 + 0.3 * Math.sin(i * 1.7 + shift) + 0.2 * Math.sin(i * 0.6 + shift * 2));
    return `${x.toFixed(0)},${y.toFixed(0)}`;
  });
  return `M0,360 L${points.join(' L')} L${WIDTH},360 Z`;
}

/** Reflections of the sun on the water, wider towards the viewer. */
function reflections(): string {
  const strokes = Array.from({ length: 22 }, (_, i) => {
    const y = 366 + i * 8.5;
    const half = (30 + i * 5) * (0.5 + 0.5 * Math.abs(Math.sin(i * 2.3)));
    const x = 860 + 12 * Math.sin(i * 1.9);
    return `<rect x="${(x - half).toFixed(0)}" y="${y.toFixed(0)}" width="${(2 * half).toFixed(0)}" height="3" rx="1.5"/>`;
  });
  return `<g fill="#ffd9a0" opacity="0.65">${strokes.join('')}</g>`;
}

const windows = (y: number, from: number, to: number): string =>
  Array.from({ length: Math.floor((to - from) / 22) }, (_, i) => `<rect x="${from + i * 22}" y="${y}" width="13" height="9" rx="2"/>`).join(
    '',
  );

const ferry = `
  <g transform="translate(210 300)">
    <path d="M0,60 L390,60 L352,104 L40,104 Z" fill="#1f3d4d"/>
    <path d="M6,68 L383,68 L379,73 L10,73 Z" fill="#e8613c"/>
    <path d="M36,22 L346,22 L364,60 L24,60 Z" fill="#f7f2ea"/>
    <path d="M78,-8 L272,-8 L290,22 L66,22 Z" fill="#fffdf8"/>
    <path d="M96,-32 L176,-32 L186,-8 L90,-8 Z" fill="#f7f2ea"/>
    <path d="M214,-46 L246,-46 L250,-8 L210,-8 Z" fill="#e8613c"/>
    <rect x="213" y="-36" width="34" height="8" fill="#1f3d4d"/>
    <g fill="#ffcf7a">${windows(36, 48, 346)}${windows(2, 92, 270)}${windows(-24, 104, 172)}</g>
    <path d="M130,-32 L130,-74 M130,-70 L96,-32" stroke="#1f3d4d" stroke-width="2.5" fill="none"/>
  </g>`;

const drawing = (): string => `
<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#33476b"/><stop offset="0.5" stop-color="#b0708c"/><stop offset="1" stop-color="#f9b978"/></linearGradient>
    <linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#c58a83"/><stop offset="0.35" stop-color="#5f6f8c"/><stop offset="1" stop-color="#223752"/></linearGradient>
  </defs>
  <rect width="${WIDTH}" height="360" fill="url(#sky)"/>
  <circle cx="860" cy="196" r="40" fill="#fff1cf"/>
  <path d="${ridge(330, 150, 14, 0.4)}" fill="#6d5a7e" opacity="0.75"/>
  <path d="${ridge(352, 92, 20, 2.1)}" fill="#4a4a6c"/>
  <rect y="360" width="${WIDTH}" height="200" fill="url(#sea)"/>
  ${reflections()}
  ${ferry}
  <path d="M150,412 Q400,398 640,412 Q400,420 150,412 Z" fill="#fff" opacity="0.35"/>
  <path d="M0,560 L0,470 L120,470 L120,492 L300,492 L300,560 Z" fill="#16243a"/>
  <path d="M40,470 L40,392 M30,392 L58,392" stroke="#16243a" stroke-width="6"/><circle cx="56" cy="400" r="7" fill="#ffcf7a"/>
</svg>`;
