import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { plural } from '../../lib/language/text.ts';
import { initial } from '../../lib/views/environment.ts';
import { createViews } from '../../lib/views/render.ts';
import { pages, partials, rows, type Sample } from './samples.ts';

const templates = join(import.meta.dirname, '../../templates');
const views = createViews({ dev: false });
const render = ({ template, locals }: Sample): string => views.render(template, locals);
const all = [...pages, ...partials];

const HOSTILE = `<script>alert(1)</script>"'{{7*7}}`;
/** The fields that contain user input; the others (ids, slugs, URLs, times, rendered HTML) come from the server. */
const TEXTS = new Set(
  (
    'name topic text message heading requestId title as names body code prefix curl newToken error emoji ' +
    'icon pinned label value reason answer summary question bot group keywords what line shownName displayName login'
  ).split(' '),
);

function poison(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return TEXTS.has(key) ? HOSTILE : value;
  if (Array.isArray(value)) return value.map((each) => poison(each, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poison(each, name)]));
}

for (const sample of all) {
  test(`${sample.template} (${sample.name}) renders`, (t) => {
    const html = render(sample);
    t.notRegex(html, /undefined|\[object Object\]|NaN/);
    t.notRegex(
      html,
      / style="| on[a-z]+="|javascript:|<script(?![^>]* nonce="n0nce")|<style(?![^>]* nonce="n0nce")/,
      'what the CSP forbids',
    );
  });

  test(`${sample.template} (${sample.name}) escapes user input`, (t) => {
    const html = render({ ...sample, locals: poison(sample.locals) as Record<string, unknown> });
    t.false(html.includes('<script>alert'));
    t.false(html.includes(`"'{{`));
    const plain = JSON.stringify(poison(sample.locals)).includes('7*7');
    if (plain && html.includes('7*7')) t.true(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;{{7*7}}'));
  });
}

test('templates: compiled ones give the text that Nunjucks gives', (t) => {
  const now = () => Date.UTC(2026, 0, 2);
  const [compiled, plain] = [createViews({ dev: false, now }), createViews({ dev: false, now, isUncompiled: true })];
  for (const { template, name, locals } of all)
    for (const given of [locals, poison(locals) as object])
      t.is(compiled.render(template, given), plain.render(template, given), `${template} (${name})`);
});

test('templates: a compiled one names the template and line that print a missing value', (t) => {
  t.throws(() => views.render('messages/_line.njk', { line: { seq: 1, iso: '2026-01-02T10:00:00Z' } }), {
    message: /messages\/_line\.njk.*null or undefined/s,
  });
});

test('templates: every template has a sample', (t) => {
  const shown = new Set(all.map(({ template }) => template));
  const included = globSync('**/*.njk', { cwd: templates }).flatMap((path) =>
    [...readFileSync(join(templates, path), 'utf8').matchAll(/{% (?:include|extends|from) "([^"]+)"/g)].map((match) => match[1] ?? ''),
  );
  const missing = globSync('**/*.njk', { cwd: templates }).filter((path) => !shown.has(path) && !included.includes(path));
  t.deepEqual(missing, []);
});

test('templates: the first line of every partial lists its inputs', (t) => {
  for (const path of globSync('**/_*.njk', { cwd: templates })) t.regex(readFileSync(join(templates, path), 'utf8'), /^{#/, path);
});

test('templates: printing a missing variable throws', (t) => {
  const { template, locals } = pages[0] as Sample;
  const { nonce: _, ...rest } = locals;
  t.throws(() => views.render(template, rest), { message: /undefined/ });
});

test('templates: a row has the same bytes for every viewer, alone or in a page', (t) => {
  const row = rows.find((each) => each.author !== null);
  const alone = views.render('messages/_row.njk', { row }).trim();
  const chat = pages.find(({ name }) => name === 'chat') as Sample;
  for (const id of ['bob0000000000000', 'eve0000000000000']) {
    const viewer = { id, name: 'B', color: 2, admin: false };
    t.is(views.render('messages/_row.njk', { row, viewer }).trim(), alone);
    t.true(views.render(chat.template, { ...chat.locals, viewer, moderator: false }).includes(alone));
  }
});

test('templates: the group page has its landmarks, labels and ids', (t) => {
  const html = render(pages.find(({ name }) => name === 'chat') as Sample);
  t.regex(
    html,
    /<div id="messages" role="log" aria-label="Messages" data-base="\/groups\/lobby" data-unread hx-sse:connect="\/groups\/lobby\/events\?after=13"/,
  );
  t.regex(html, /<label [^>]*for="body">Message<\/label>\s*<textarea id="body" name="body"/);
  t.regex(html, /<button class="send">.*Send<\/span><\/button>/);
  t.regex(html, /<article id="m-3" [^>]*data-author="ann0000000000000" data-rev="3"/);
  t.regex(html, /<ul id="members" aria-label="Members">/);
  t.regex(html, /<noscript>\s*<div id="live" class="live">\s*<iframe name="live" title="Live messages" src="\/groups\/lobby\/live">/);
  t.is([...html.matchAll(/class="day" data-day/g)].length, 2);
});

test('templates: a page of older messages has no live frame, is marked as past, and links to newer ones', (t) => {
  const html = render(pages.find(({ name }) => name === 'chat-archived') as Sample);
  t.regex(html, /<div id="messages"[^>]* data-past /);
  t.false(html.includes('<iframe'));
  t.regex(html, /<a class="turn" rel="next"/);
  t.false(html.includes('id="composer"'));
});

test('templates: every page of a logged-in user has Log out', (t) => {
  for (const page of pages.filter(({ template, locals }) => locals.viewer !== null && template !== 'messages/frame.njk'))
    t.regex(
      render(page),
      /<form method="post" action="\/logout"><button class="quiet" name="do" value="logout">Log out<\/button>/,
      page.name,
    );
});

test('templates: ids are unique in a page, and every label and description refers to an element', (t) => {
  for (const page of pages) {
    const html = render(page);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    t.deepEqual(ids, [...new Set(ids)], page.name);
    for (const [, refs = ''] of html.matchAll(/ (?:for|aria-labelledby|aria-describedby)="([^"]+)"/g))
      for (const ref of refs.split(' ')) t.true(ids.includes(ref), `${page.name}: ${ref}`);
  }
});

test('templates: a form error belongs to its field or is above the form', (t) => {
  const html = render(pages.find(({ name }) => name === 'welcome-errors') as Sample);
  t.regex(html, /id="signup-name"[^>]* aria-invalid="true" aria-describedby="signup-name-error"/);
  t.regex(html, /<p class="wrong" id="signup-name-error" role="alert">Somebody has this name already/);
  t.regex(html, /<p class="wrong" role="alert">Name or password is wrong\.<\/p>/);
  t.regex(html, /name="return_to" value="\/groups\/lobby"/);
});

test('templates: an initial is one grapheme', (t) => {
  t.is(initial('ann'), 'A');
  t.is(initial('  “quoted”'), 'Q');
  t.is(initial('éva'), 'É');
  t.is(initial('👩‍👩‍👧 family'), 'F');
  t.is(initial('🦊'), '🦊');
  t.is(initial(''), '?');
});

test('plural', (t) => {
  t.is(plural(1, 'member'), '1 member');
  t.is(plural(0, 'reply', 'replies'), '0 replies');
});

test('renderEach: rows with the same values share their HTML; others, and another `here`, have their own', (t) => {
  const row = { slug: 'lobby', name: 'Lobby', unread: '', mentions: '', current: true, face: null, muted: false, archived: false };
  const section = (...names: string[]) => ({
    ...{ id: 'groups', title: 'Groups', href: '/groups', all: 'All groups', waiting: '' },
    rows: names.map((name) => ({ ...row, name, present: false, waiting: '', all: false })),
  });
  const shown = (path: string, ...names: string[]): string[] =>
    views
      .render('groups/_sidebar.njk', { sidebar: { sections: [section(...names)], waiting: '', current: 'lobby' }, path })
      .match(/<li>.*?<\/li>/gs) ?? [];
  const lobby = (name: string, current: string) => `<li><a href="/groups/lobby" aria-current="${current}">${name}</a></li>`;
  t.deepEqual(shown('/groups/lobby', 'Lobby', 'Hall', 'Lobby'), [lobby('Lobby', 'page'), lobby('Hall', 'page'), lobby('Lobby', 'page')]);
  t.deepEqual(shown('/groups/lobby/settings', 'Hall', 'Lobby'), [lobby('Hall', 'true'), lobby('Lobby', 'true')]);
  t.deepEqual(shown('/groups/lobby', 'Lobby'), [lobby('Lobby', 'page')]);
});

test('a row of the list of groups has the picture of a person, else the initial, and says who is online', (t) => {
  const row = {
    slug: 'dm-1',
    name: 'Bob Marsh',
    unread: '',
    mentions: '',
    current: false,
    muted: false,
    archived: false,
    waiting: '',
    all: true,
  };
  const shown = (face: object, present: boolean): string =>
    views.render('groups/_sidebar-row.njk', { row: { ...row, face, present }, here: true }).trim();
  const pictured = shown({ name: 'Bob', color: 3, avatar: '/avatars/x/small', person: 'bob' }, true);
  t.regex(pictured, /^<li class="c-3" data-i="B" data-present data-all><img class="avatar" src="\/avatars\/x\/small" alt="" [^>]*><a /);
  t.regex(pictured, />Bob Marsh<span class="vh">, online<\/span><\/a>/);
  const plain = shown({ name: 'Bob', color: 3, avatar: null, person: 'bob' }, false);
  t.regex(plain, /^<li class="c-3" data-i="B" data-all><a href="\/groups\/dm-1">Bob Marsh<\/a><\/li>$/);
});
