import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

/*
 * ava loads this before each test file (`require` in package.json). Tells test/run.ts, on the file descriptor of PARLEY_TEST_EVENTS, when
 * a test file begins and ends: ava's TAP output names only tests that have ended.
 */
const fd = Number(process.env.PARLEY_TEST_EVENTS);
if (fd > 0) {
  const file = fileURLToPath(test.meta.file);
  writeSync(fd, `begin ${file}\n`);
  process.on('exit', () => void writeSync(fd, `end ${file}\n`));
}
