import test from 'ava';
import { startMailServer } from '../helpers/mail-server.ts';
import { startOidcServer } from '../helpers/oidc.ts';
import { freshSettings, parley } from './cli.ts';

type Row = { readonly check: string; readonly ok: boolean; readonly detail: string; readonly mend?: string };

test('doctor: the mail server and the OpenID Connect provider are asked, and what fails is named without secrets', async (t) => {
  const [mail, oidc] = await Promise.all([startMailServer(t), startOidcServer(t)]);
  oidc.serve('http://chat.example.org');
  const settings = { ...(await freshSettings(t)), ...mail.env, ...oidc.env };
  const rows = async (env: Record<string, string>): Promise<Map<string, Row>> => {
    const { out } = await parley(env, ['doctor', '--json']);
    return new Map(
      out
        .trim()
        .split('\n')
        .map((line): Row => JSON.parse(line))
        .map((row) => [row.check, row]),
    );
  };
  const good = await rows(settings);
  t.like(good.get('mail'), { ok: true });
  t.regex(good.get('mail')?.detail ?? '', /127\.0\.0\.1:\d+ takes mails \(from Example Chat <chat@example\.org>\)/);
  t.like(good.get('log-in'), { ok: true });
  t.is(mail.mails.length, 0);
  await Promise.all([mail.close(), oidc.close()]);
  const bad = await rows({ ...settings, SMTP_URL: (settings.SMTP_URL ?? '').replace('//', '//me:TOP-SECRET@') });
  for (const check of ['mail', 'log-in']) {
    t.false(bad.get(check)?.ok, check);
    t.truthy(bad.get(check)?.mend);
  }
  t.notRegex(JSON.stringify([...bad]), /TOP-SECRET|a secret of the client/);
  const none = await rows(await freshSettings(t));
  t.deepEqual([none.has('mail'), none.has('log-in')], [false, false]);
});
