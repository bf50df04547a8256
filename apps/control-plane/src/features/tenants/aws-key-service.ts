// AWS key service: data keys from AWS KMS (GenerateDataKey and Decrypt, with the encryption context of the value).
//
//   W1. Loaded only where it is asked for. A call ends within seconds, and is tried three times.
//   W2. What the service says about who we are and what we may reaches the operator as one sentence, without keys or tokens.

import { type Fault, faults } from '@molecule/domain';
import type { KeyContext, KeyService } from './key-service.ts';

const CONNECT_MS = 1_500;
const ANSWER_MS = 3_000;
const ATTEMPTS = 3;
const KEY_BYTES = 32;

/** What says that the bytes are none of ours, and not that the service is in trouble. */
const NOT_OURS = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);

export interface AwsKeyOptions {
  /** `arn:aws:kms:<region>:<account>:key/<id>`, or of an alias. */
  keyArn: string;
  /** Instead of the service's own address. */
  endpoint: string | null;
}

export async function openAwsKeyService({ keyArn, endpoint }: AwsKeyOptions): Promise<KeyService> {
  const { DecryptCommand, GenerateDataKeyCommand, KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({
    region: keyArn.split(':')[3] ?? '',
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
    ...(endpoint === null ? {} : { endpoint }),
  });
  return {
    async generate(context: KeyContext) {
      try {
        const made = await client.send(
          new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext: context }),
        );
        if (made.Plaintext?.length !== KEY_BYTES || !made.CiphertextBlob)
          throw faults.backendTransient('the key service made no key');
        return { key: Buffer.from(made.Plaintext), wrapped: Buffer.from(made.CiphertextBlob) };
      } catch (error) {
        throw faultOf(error);
      }
    },
    async unwrap(wrapped: Buffer, context: KeyContext) {
      try {
        const opened = await client.send(
          new DecryptCommand({ KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext: context }),
        );
        return opened.Plaintext?.length === KEY_BYTES ? Buffer.from(opened.Plaintext) : null;
      } catch (error) {
        if (NOT_OURS.has(nameOf(error))) return null;
        throw faultOf(error);
      }
    },
  };
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '');

/** W2. */
function faultOf(error: unknown): Fault {
  const name = nameOf(error);
  const isRefusal = /Denied|NotFound|Disabled|InvalidState|Unrecognized|Credentials/.test(name);
  return isRefusal
    ? faults.backendTransient(
        `the key service refuses (${name}): see that the key of KMS_KEY_ARN is there and enabled, and that this machine may use kms:GenerateDataKey and kms:Decrypt`,
      )
    : faults.backendTransient('the key service does not answer; it is asked again');
}
