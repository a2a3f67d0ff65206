#!/usr/bin/env node
/** Measures Parley and a bare Node.js server in the same run. `node bin/bench.ts [SUITE …] [--quick]`; without a suite, all suites. */
import { constants } from './bench/constants.ts';
import { drafts } from './bench/drafts.ts';
import { encryption } from './bench/encryption.ts';
import { fanout } from './bench/fanout.ts';
import { fsync } from './bench/fsync.ts';
import { history } from './bench/history.ts';
import { hooks } from './bench/hooks.ts';
import { idle } from './bench/idle.ts';
import { cores, describeMachine } from './bench/machine.ts';
import { many } from './bench/many.ts';
import { mongo } from './bench/mongo.ts';
import { page } from './bench/page.ts';
import { pages } from './bench/pages.ts';
import { posts } from './bench/posts.ts';
import { Report } from './bench/report.ts';
import { search } from './bench/search.ts';
import { stalled } from './bench/stalled.ts';
import { startUp } from './bench/start.ts';
import { storm } from './bench/storm.ts';

const SUITES = {
  ...{ posts, fsync, hooks, mongo, fanout, idle, many, storm, stalled, start: startUp },
  ...{ history, pages, page, search, encryption, drafts, constants },
} as const;

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(`Unknown suite: ${unknown.join(', ')}. Suites: ${Object.keys(SUITES).join(', ')}.`);
  process.exit(2);
}
const layout = cores();
console.log(describeMachine());
console.log(
  layout
    ? `Servers (and Redis) on core ${layout.server}, load on core ${layout.load}.`
    : 'Processes are not pinned to cores: this needs two cores and taskset.',
);
const report = new Report();
for (const [name, run] of Object.entries(SUITES)) if (wanted.length === 0 || wanted.includes(name)) await run(report, isQuick);
process.exit(report.missed > 0 ? 1 : 0);
