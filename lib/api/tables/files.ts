import type { Operation } from '../operation.ts';

/** Attachments. */
export const filesTable: readonly Operation[] = [
  {
    id: 'readFile',
    method: 'get',
    path: '/files/{file}',
    tag: 'Files',
    access: 'person',
    summary: 'Read a file',
    description: 'For members of its group, until its message is erased. Supports `Range`; images have a thumbnail at `thumb_url`.',
    responses: { 200: { description: 'The file. Images, audio and video have their own media type.', media: ['file'] } },
    examples: [{ title: 'A file', path: { file: 'FILE' }, status: 200, answer: { media: 'file' } }],
  },
];
