import type { Thumbnail } from '../core.ts';

/** Header of a request to the thumbnail worker: size in bytes (float64), length of the type (uint8), the type. The file follows. Numbers are big-endian. */
export function askHead(bytes: number, type: string): Buffer {
  const head = Buffer.alloc(9 + type.length);
  head.writeDoubleBE(bytes, 0);
  head.writeUInt8(type.length, 8);
  head.write(type, 9, 'latin1');
  return head;
}

/** Undefined until the header is complete. */
export function readAsk(got: Buffer): { readonly bytes: number; readonly type: string; readonly headBytes: number } | undefined {
  const headBytes = got.length < 9 ? Number.POSITIVE_INFINITY : 9 + got.readUInt8(8);
  if (got.length < headBytes) return undefined;
  return { bytes: got.readDoubleBE(0), type: got.toString('latin1', 9, headBytes), headBytes };
}

/** `memory`: resident size of the worker (bytes). `picture` is undefined if the file could not be decoded. */
export type Answer = { readonly memory: number; readonly picture: Thumbnail | undefined };

/** Response header: memory (float64), width, height and length of the thumbnail (uint32 each; length 0: none). The thumbnail follows. */
export const ANSWER_HEAD_BYTES = 20;

export function answerBytes({ memory, picture }: Answer): Buffer {
  const head = Buffer.alloc(ANSWER_HEAD_BYTES);
  head.writeDoubleBE(memory, 0);
  head.writeUInt32BE(picture?.width ?? 0, 8);
  head.writeUInt32BE(picture?.height ?? 0, 12);
  head.writeUInt32BE(picture?.thumb.length ?? 0, 16);
  return picture ? Buffer.concat([head, picture.thumb]) : head;
}

/** Larger than any thumbnail. */
const MAX_THUMB_BYTES = 4 * 1024 * 1024;

/** Undefined until the response is complete. Throws if it is invalid. */
export function readAnswer(got: Buffer): Answer | undefined {
  const [memory, width, height, length] = [got.readDoubleBE(0), got.readUInt32BE(8), got.readUInt32BE(12), got.readUInt32BE(16)];
  if (length > MAX_THUMB_BYTES) throw new Error('invalid response of the thumbnail worker');
  if (got.length < ANSWER_HEAD_BYTES + length) return undefined;
  const thumb = got.subarray(ANSWER_HEAD_BYTES, ANSWER_HEAD_BYTES + length);
  return { memory, picture: length === 0 ? undefined : { width, height, thumb } };
}
