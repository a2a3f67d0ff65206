import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { invalid } from '../errors.ts';

const NOWHERE = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Reads a password: a prompt without echo at a terminal, else the first line of standard input. Errors: `invalid` if there is none. */
export async function readPassword(whose: string): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({ input: process.stdin, output: NOWHERE(), terminal: isTerminal }); // turns off echo
  if (isTerminal) process.stderr.write(`Password for ${whose}: `);
  const line = await firstOf(lines);
  if (isTerminal) process.stderr.write('\n');
  if (line === undefined) throw invalid('password', isTerminal ? 'No password was entered.' : 'Standard input contains no password.');
  return line;
}

/** The first line; undefined at the end of the input or at Ctrl-C. */
function firstOf(lines: Interface): Promise<string | undefined> {
  return new Promise((resolve) => {
    lines.once('close', () => resolve(undefined));
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
  });
}

/** Reads standard input as text. Errors: `invalid` if longer than `maxBytes`. */
export async function readText(maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw invalid('body', `Standard input is too long: ${maxBytes} bytes at most.`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
