// Files of messages: what is read of either protocol version, and that nothing strange becomes a link or a name.

import { describe, expect, it } from 'vitest';
import { cleanFileName, downloadOf, filesOfParts, filesOfReply } from './attachments.ts';
import { foldStreamEvent } from './fold-stream.ts';
import { newTurn } from './model.ts';
import { explainUploadFailure, refuseBeforeUpload } from './upload-attachment.ts';

const uri = 'workspace:/workspace/.molecule/chat-uploads/0f-plan.pdf';
const plan = { name: 'plan.pdf', uri, mimeType: 'application/pdf', sizeBytes: null };
const part = { kind: 'file', file: { uri, name: 'plan.pdf', mimeType: 'application/pdf' } };

describe('the files of a message', () => {
  it('are read from parts of A2A 0.3 and 1.0', () => {
    const v1 = { url: uri, filename: 'plan.pdf', mediaType: 'application/pdf' };
    expect(filesOfParts([{ kind: 'text', text: 'hi' }, part])).toEqual([plan]);
    expect(filesOfParts([{ text: 'hi' }, v1])).toEqual([plan]);
  });

  it('are read from what an agent tells a person, and from the artifacts and the end of a task, each once', () => {
    expect(filesOfReply({ result: 'done', parts: [part] })).toEqual([plan]);
    const task = { artifacts: [{ parts: [part] }], status: { message: { parts: [part] } } };
    expect(filesOfReply({ result: task })).toEqual([plan]);
  });

  it('come into a running turn from artifacts without text', () => {
    const update = { kind: 'artifact-update', artifact: { parts: [part] } };
    const once = foldStreamEvent(newTurn('m', 'hi', 0), { result: update });
    expect(foldStreamEvent(once, { result: update }).answerFiles).toEqual([plan]);
  });

  it.each([null, 'x', [null], [{}], [{ kind: 'file' }], [{ file: 7 }]])(
    'are none in rubbish: %j',
    (parts) => {
      expect(filesOfParts(parts)).toEqual([]);
    },
  );

  it('are fetched from the workspace alone (T1)', () => {
    const of = (address: string | null) => downloadOf('w/1', { ...plan, uri: address });
    expect(of('workspace:/workspace/a b.md')).toBe(
      '/workspaces/w%2F1/chat/download?path=%2Fworkspace%2Fa+b.md',
    );
    for (const strange of [
      'javascript:alert(1)',
      'https://evil.example/x',
      'data:text/html,x',
      'file:///etc/passwd',
      'workspace:/workspace/../etc/passwd',
      'workspace:relative',
      null,
    ])
      expect(of(strange)).toBeNull();
  });

  it('have names of one line that keep the reading direction (T2)', () => {
    expect(cleanFileName('exe.\u202Efdp.plan\n')).toBe('exe.fdp.plan');
    expect(cleanFileName('\u0000')).toBe('File without a name');
    expect(cleanFileName('a'.repeat(500))).toHaveLength(160);
  });
});

describe('an upload that is refused', () => {
  it('is refused for its size and number before anything is sent', () => {
    expect(refuseBeforeUpload({ size: 25 * 1024 * 1024 }, 0)).toBeNull();
    expect(refuseBeforeUpload({ size: 25 * 1024 * 1024 + 1 }, 0)).toBe(
      'Larger than 25 MB, so it is not attached.',
    );
    expect(refuseBeforeUpload({ size: 1 }, 50)).toBe('At most 50 files go with one message.');
  });

  it('says that the network ended it', () => {
    expect(explainUploadFailure(new Error('gone'))).toBe(
      'The upload broke off. Remove it and attach it again.',
    );
  });
});
