/** The error codes of RFC 6749 (4.1.2.1, 5.2), RFC 7591 (3.2.2) and RFC 8707 (2) that are used here. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'access_denied'
  | 'invalid_target'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'temporarily_unavailable';

/** An error that a client is answered with. The description is for its developers: English, and never a secret. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly status: 400 | 401 | 413 | 429;
  readonly retryAfterMs: number | undefined;

  constructor(code: OAuthErrorCode, description: string, status: 400 | 401 | 413 | 429 = 400, retryAfterMs?: number) {
    super(description);
    this.name = 'OAuthError';
    [this.code, this.status, this.retryAfterMs] = [code, status, retryAfterMs];
  }
}

export const invalidRequest = (description: string): OAuthError => new OAuthError('invalid_request', description);
export const invalidGrant = (description: string): OAuthError => new OAuthError('invalid_grant', description);
export const invalidClient = (description: string): OAuthError => new OAuthError('invalid_client', description, 401);
