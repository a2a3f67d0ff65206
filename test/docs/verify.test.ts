import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sign } from '../../lib/webhooks/signing.ts';
import { program } from '../helpers/programs.ts';
import { requireOrSkip } from '../helpers/services.ts';
import { botFile, Running } from './bot-page.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const BODY = '{"event": "posted", "text": "ü"}\n';

/** Each prints `yes` or `no` for the call in its environment and standard input. */
const ASKING: readonly (readonly [file: string, needs: readonly string[], main: string, source: string, command: readonly string[]])[] = [
  ['verify.sh', ['openssl'], 'main.sh', '(. ./verify.sh) && echo yes || echo no', ['sh', 'main.sh']],
  [
    'verify.py',
    ['python3'],
    'main.py',
    `import os, sys
from verify import is_ours
headers = {name: os.environ["HTTP_" + name.upper().replace("-", "_")] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
print("yes" if is_ours(os.environ["SECRET"], headers, sys.stdin.buffer.read()) else "no")`,
    ['python3', 'main.py'],
  ],
  [
    'verify.ts',
    [],
    'main.ts',
    `import { readFileSync } from 'node:fs';
import { isOurs } from './verify.ts';
const headers = Object.fromEntries(['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, process.env['HTTP_' + name.toUpperCase().replaceAll('-', '_')] ?? '']));
console.log(isOurs(process.env.SECRET ?? '', headers, readFileSync(0)) ? 'yes' : 'no');`,
    [process.execPath, 'main.ts'],
  ],
  [
    'verify.go',
    ['go'],
    'main.go',
    `package main
import ("fmt"; "io"; "net/http"; "os"; "strings")
func main() {
	headers := http.Header{}
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		headers.Set(name, os.Getenv("HTTP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))))
	}
	body, _ := io.ReadAll(os.Stdin)
	fmt.Println(map[bool]string{true: "yes", false: "no"}[isOurs(os.Getenv("SECRET"), headers, body)])
}`,
    ['go', 'run', 'main.go', 'verify.go'],
  ],
];

const seconds = (): number => Math.floor(Date.now() / 1000);

for (const [file, needs, main, source, command] of ASKING)
  requireOrSkip(test, ...needs.map(program)).serial(`${file} accepts signed calls and rejects others`, async (t) => {
    t.timeout(300_000, 'Go may have to be compiled');
    const cwd = await mkdtemp(join(tmpdir(), 'parley-verify-'));
    t.teardown(() => rm(cwd, { recursive: true, force: true }));
    await Promise.all([copyFile(botFile(file), join(cwd, file)), writeFile(join(cwd, main), source)]);
    const ask = asking(t, command, cwd);
    t.is(await ask(sign([SECRET], 'msg_1', seconds(), BODY)), 'yes');
    t.is(await ask(sign([OTHER, SECRET], 'msg_1', seconds(), BODY)), 'yes', 'while secrets are changed');
    t.is(await ask(sign([OTHER], 'msg_1', seconds(), BODY)), 'no', 'by somebody else');
    t.is(await ask(sign([SECRET], 'msg_1', seconds(), `${BODY} `)), 'no', 'of another body');
    t.is(await ask(sign([SECRET], 'msg_1', seconds() - 400, BODY)), 'no', 'too old');
  });

const asking = (t: ExecutionContext, command: readonly string[], cwd: string) => async (headers: Readonly<Record<string, string>>) => {
  const { PATH, HOME, GOCACHE } = process.env;
  const cgi = Object.entries(headers).map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]);
  const env = { PATH, HOME, ...(GOCACHE && { GOCACHE }), SECRET, ...Object.fromEntries(cgi) };
  const running = new Running(t, command, { env, cwd }, BODY);
  await running.exited;
  return running.said.trim();
};
