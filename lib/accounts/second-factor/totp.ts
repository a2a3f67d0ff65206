/** What every authenticator app understands (RFC 6238): SHA-1, six digits, 30 s. Many ignore other values and show wrong codes. */
const FORM = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const SECRET_BYTES = 20;
/** Codes of so many steps before and after the present one are right too: clocks differ. */
const WINDOW = 1;

/** A new secret, in base 32. */
export async function newSecret(): Promise<string> {
  const { Secret } = await import('otpauth');
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** The `otpauth:` URI of a secret, which an app reads from the QR code. */
export async function uriOf(secret: string, names: { readonly site: string; readonly account: string }): Promise<string> {
  const { Secret, TOTP } = await import('otpauth');
  return new TOTP({ ...FORM, issuer: names.site, label: names.account, secret: Secret.fromBase32(secret) }).toString();
}

/** The time step (30 s since the epoch) whose code this is; undefined if it is of none around `now` (ms). Constant time. */
export async function stepOf(secret: string, code: string, now: number): Promise<number | undefined> {
  const { Secret, TOTP } = await import('otpauth');
  const totp = new TOTP({ ...FORM, secret: Secret.fromBase32(secret) });
  const delta = totp.validate({ token: code, timestamp: now, window: WINDOW });
  return delta === null ? undefined : Math.floor(now / (FORM.period * 1000)) + delta;
}
