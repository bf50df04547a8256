// Read multipart: the parts named `files` of a form, within their limits.

import type { MultipartFile } from '@fastify/multipart';
import { faults, isFault, LIMITS } from '@molecule/domain';
import type { FastifyRequest } from 'fastify';
import { tooLargeUpload, type Upload } from './upload-files.ts';

export async function readUploads(request: FastifyRequest): Promise<Upload[]> {
  if (!request.isMultipart()) throw notAForm();
  const uploads: Upload[] = [];
  let bytes = 0;
  try {
    const limits = { fileSize: LIMITS.uploadFileBytes + 1, files: LIMITS.uploadFiles, fields: 100 };
    for await (const part of request.parts({ limits })) {
      if (part.type !== 'file') continue;
      if (part.fieldname !== 'files') {
        part.file.resume();
        continue;
      }
      const content = await readPart(part);
      bytes += content.byteLength;
      if (bytes > LIMITS.uploadRequestBytes) throw notAForm();
      // Without a name in the form the library gives none, whatever its types say.
      uploads.push({ name: part.filename ?? '', mimeType: part.mimetype || null, content });
    }
  } catch (error) {
    // Everything else that this loop can meet is the parser at odds with what was sent.
    throw isFault(error) ? error : notAForm(error);
  }
  if (uploads.length === 0) throw faults.invalidRequest("expected at least one 'files' field");
  return uploads;
}

async function readPart(part: MultipartFile): Promise<Buffer> {
  try {
    const content = await part.toBuffer();
    if (content.byteLength <= LIMITS.uploadFileBytes) return content;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'FST_REQ_FILE_TOO_LARGE') throw error;
  }
  throw tooLargeUpload(part.filename ?? 'file');
}

function notAForm(cause?: unknown) {
  return faults.invalidRequest('failed to parse multipart form', {
    details: cause instanceof Error ? cause.message : `a form of ${LIMITS.uploadRequestBytes} bytes at most`,
  });
}
