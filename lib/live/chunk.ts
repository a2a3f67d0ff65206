const CRLF = Buffer.from('\r\n');

/** One chunk of a chunked response (RFC 9112, section 7.1). `bytes` must not be empty: an empty chunk ends the response. */
export const chunkOf = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'), bytes, CRLF]);

/** The last chunk of a chunked response. A client that does not receive it knows that the stream was cut off. */
export const LAST_CHUNK = '0\r\n\r\n';
