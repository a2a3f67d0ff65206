import test from 'ava';
import { clientName } from '../../../lib/accounts/oauth/clients.ts';
import { clientIn, isDocumentUrl } from '../../../lib/accounts/oauth/metadata-document.ts';
import {
  cspSource,
  isLoopbackUri,
  isRedirectUri,
  isRegistered,
  shownTarget,
  withParameters,
} from '../../../lib/accounts/oauth/redirect-uri.ts';
import { newFamily, newSecret, parseSecret } from '../../../lib/accounts/oauth/secret.ts';
import { systemRandom } from '../../../lib/ids.ts';

test('redirect URIs: https, http on this machine and schemes of apps are taken', (t) => {
  const taken = [
    'https://agent.example/back',
    'https://agent.example:8443/back?a=1',
    'https://agent.example',
    'http://localhost/callback',
    'http://localhost:33418/',
    'http://127.0.0.1:1/cb',
    'http://[::1]:8080/cb',
    'cursor://anysphere.cursor-retrieval/oauth/callback',
    'com.example.app:/oauth2redirect',
  ];
  const refused = [
    '',
    '/back',
    'http://agent.example/back',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://localhost@evil.example/',
    'http://127.0.0.2/',
    'https://user:pass@agent.example/',
    'https://user@agent.example/',
    'https://agent.example/#part',
    'https://agent.example/a b',
    'https://agent.example/\n',
    'https:agent.example',
    'https:///agent.example',
    'https://agent.example/"onclick',
    'https://agent.example\\@evil.example/',
    'javascript:alert(1)',
    'javascript://agent.example/%0Aalert(1)',
    'JavaScript://x/',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob://x/',
    'mailto:a@example.org',
    'urn:ietf:wg:oauth:2.0:oob',
    `https://agent.example/${'x'.repeat(500)}`,
  ];
  for (const uri of taken) t.true(isRedirectUri(uri), uri);
  for (const uri of refused) t.false(isRedirectUri(uri), uri);
});

test('redirect URIs: a registered one is matched exactly, but for the port on this machine', (t) => {
  const onThisMachine = ['http://127.0.0.1/cb', 'http://localhost:3000/cb?x=1', 'http://[::1]'];
  const registered = ['https://agent.example/back', 'app.example:/cb', ...onThisMachine];
  const same = [...registered, 'http://127.0.0.1:50000/cb', 'http://localhost/cb?x=1', 'http://localhost:9/cb?x=1', 'http://[::1]:5000/'];
  const others = [
    'https://agent.example/back/',
    'https://agent.example/back?x=1',
    'https://agent.example/Back',
    'https://agent.example:444/back',
    'https://www.agent.example/back',
    'http://agent.example/back',
    'http://127.0.0.1:50000/cb/more',
    'http://127.0.0.1:50000/cb?x=1',
    'http://127.0.0.1:123456/cb',
    'http://[::1]/cb',
    'https://[::1]/',
    'http://localhost/cb',
    'http://127.0.0.1:80@evil.example/cb',
    'app.example:/cb2',
  ];
  for (const uri of same) t.true(isRegistered(registered, uri), uri);
  for (const uri of others) t.false(isRegistered(registered, uri), uri);
});

test('redirect URIs: what people and the policy of the page see of them', (t) => {
  const rows = [
    ['https://agent.example:8443/back', 'agent.example:8443', 'https://agent.example:8443', false],
    ['http://127.0.0.1:4000/cb', '127.0.0.1:4000', 'http://127.0.0.1:4000', true],
    ['http://[::1]:4000/cb', '[::1]:4000', 'http:', true],
    ['cursor://x/cb', 'cursor:', 'cursor:', false],
  ] as const;
  for (const [uri, shown, source, isHere] of rows)
    t.deepEqual([shownTarget(uri), cspSource(uri), isLoopbackUri(uri)], [shown, source, isHere], uri);
  t.is(withParameters('https://a.example/cb', { code: 'x', state: undefined }), 'https://a.example/cb?code=x');
  t.is(withParameters('app.example:/?a=1', { state: 'a&b', iss: 'https://c' }), 'app.example:/?a=1&state=a%26b&iss=https%3A%2F%2Fc');
});

test('secrets: each is for one use, and shares its family with the others of its grant', (t) => {
  const family = newFamily(systemRandom);
  const [code, access] = [newSecret(systemRandom, 'code', family), newSecret(systemRandom, 'access', family)];
  t.deepEqual(parseSecret('code', code.text), code);
  t.is(code.grant, access.grant);
  t.not(code.hash, access.hash);
  for (const kind of ['access', 'refresh'] as const) t.is(parseSecret(kind, code.text), undefined);
  for (const text of ['', `${code.text}x`, code.text.slice(0, -1), code.text.replace('.', ' '), `x${code.text}`])
    t.is(parseSecret('code', text), undefined, text);
});

test('names of programs: without what cannot be seen, and not long', (t) => {
  t.is(clientName('  Claude \u202E\u200B\n AI '), 'Claude AI');
  t.is(clientName('\u200B'), '');
  t.is(clientName('x'.repeat(100)).length, 60);
});

test('metadata documents: only those that are of their own address, public, and complete', (t) => {
  const id = 'https://editor.example/oauth/client.json';
  for (const url of [id, 'https://editor.example:8443/x']) t.true(isDocumentUrl(url), url);
  const others = ['http://editor.example/x', 'https://editor.example/', 'https://editor.example', 'https://u@editor.example/x', `${id}#x`];
  for (const url of ['', 'x', ...others]) t.false(isDocumentUrl(url), url);
  for (const url of ['https://editor.example/a/../b', 'https://EDITOR.example/x', `https://editor.example/${'x'.repeat(500)}`])
    t.false(isDocumentUrl(url), url);
  const document = { client_id: id, client_name: 'Editor', redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' };
  t.deepEqual(clientIn(id, JSON.stringify(document)), { id, name: 'Editor', redirectUris: ['http://127.0.0.1/cb'], source: 'document' });
  t.is(clientIn(id, JSON.stringify({ ...document, client_name: undefined }))?.name, 'editor.example');
  const wrong = [
    { client_id: 'https://evil.example/client.json' },
    { client_id: undefined },
    { redirect_uris: [] },
    { redirect_uris: ['http://evil.example/'] },
    { redirect_uris: ['https://a.example/', 7] },
    { redirect_uris: 'https://a.example/' },
    { token_endpoint_auth_method: 'private_key_jwt' },
    { client_secret: 'x' },
  ];
  for (const changed of wrong) t.is(clientIn(id, JSON.stringify({ ...document, ...changed })), undefined, JSON.stringify(changed));
  for (const text of ['', '[]', 'null', '<html>']) t.is(clientIn(id, text), undefined, text);
});
