import type { Client } from '../helpers/client.ts';

/** Parses the text format: samples by name and labels as written. See https://prometheus.io/docs/instrumenting/exposition_formats/ */
export type Scrape = {
  readonly samples: ReadonlyMap<string, number>;
  readonly types: ReadonlyMap<string, string>;
  /** The number of one sample. Throws when there is none. */
  value(sample: string): number;
};

const LINE = /^([a-zA-Z_:][\w:]*(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/;

/** Throws on an invalid line and on a repeated sample. */
export function readText(text: string): Scrape {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('# HELP '))) {
    const [, name, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    const [, sample, value] = LINE.exec(line) ?? [];
    if (name !== undefined && type !== undefined) types.set(name, type);
    else if (sample === undefined || samples.has(sample) || Number.isNaN(Number(value?.replace('+Inf', 'Infinity'))))
      throw new Error(`not a line of the format, or said twice: ${line}`);
    else samples.set(sample, Number(value));
  }
  const value = (sample: string): number => {
    const found = samples.get(sample);
    if (found === undefined) throw new Error(`${sample} is not among:\n${[...samples.keys()].join('\n')}`);
    return found;
  };
  return { samples, types, value };
}

export async function scrape(client: Client): Promise<Scrape> {
  const answer = await client.get('/metrics', '*/*');
  if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}: ${answer.text}`);
  return readText(answer.text);
}
