import type { Config } from '../../config.ts';
import type { Finding } from './checks.ts';

/** Connects to the mail server and logs in there; sends nothing. Call it with SMTP_URL. */
export async function checkMail({ smtpUrl = '', mailFrom }: Config): Promise<Finding> {
  const { openTransport, reasonOf } = await import('../../mail/transport.ts');
  const { host } = new URL(smtpUrl);
  const transport = await openTransport(smtpUrl);
  try {
    await transport.check();
    return { detail: `${host} takes mails (from ${mailFrom})` };
  } catch (error) {
    return {
      detail: `${host} does not take mails: ${reasonOf(error)}`,
      mend: 'Check SMTP_URL: host, port, user, password, and whether the server has TLS.',
    };
  } finally {
    transport.close();
  }
}

/** Asks the OpenID Connect provider for its settings. Call it with OIDC_ISSUER. */
export async function checkProvider(config: Config): Promise<Finding> {
  const { openProvider } = await import('../../accounts/provider/provider.ts');
  const { ProviderFailed } = await import('../../accounts/provider/provider-failed.ts');
  try {
    const begun = await openProvider(config, Date.now)?.begin(`${config.publicUrl ?? 'http://localhost'}/login/oidc/callback`);
    return { detail: `${config.oidcIssuer}, log-in at ${new URL(begun?.url ?? '').host}` };
  } catch (error) {
    if (!(error instanceof ProviderFailed)) throw error;
    return {
      detail: `${config.oidcIssuer} does not answer as a provider of OpenID Connect: ${error.message}`,
      mend: 'Check OIDC_ISSUER: below it there must be /.well-known/openid-configuration, with the same issuer.',
    };
  }
}
