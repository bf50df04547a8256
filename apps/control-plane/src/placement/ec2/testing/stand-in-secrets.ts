// Stand-in secrets: the calls of Secrets Manager that the driver and a tenant's machine make. A machine reads what names it as
// its reader, as the policy of docs/guides/instances.md has it.

import { randomBytes } from 'node:crypto';
import { TAGS } from '../tags.ts';
import { Refusal } from './stand-in-errors.ts';

interface KeptSecret {
  arn: string;
  name: string;
  text: string;
  tags: Map<string, string>;
}

type Input = Record<string, unknown>;
type TagInput = { Key: string; Value: string }[];

export class StandInSecrets {
  readonly #region: string;
  readonly #account: string;
  /** ARN of the instance whose identity a call has; null: an operator's. */
  readonly #instanceOf: (accessKeyId: string) => string | null;
  readonly all = new Map<string, KeptSecret>();

  constructor(region: string, account: string, instanceOf: (accessKeyId: string) => string | null) {
    this.#region = region;
    this.#account = account;
    this.#instanceOf = instanceOf;
  }

  answer(action: string, input: Input, accessKeyId: string): unknown {
    const instance = this.#instanceOf(accessKeyId);
    if (instance !== null && action !== 'GetSecretValue') throw denied();
    if (action === 'CreateSecret') return this.#create(input);
    if (action === 'ListSecrets') return this.#list(input);
    if (action === 'DeleteSecret') return this.#remove(input);
    const found = this.#find(String(input.SecretId));
    if (action === 'DescribeSecret') return { ARN: found.arn, Name: found.name };
    if (action === 'PutSecretValue') {
      found.text = String(input.SecretString);
      return { ARN: found.arn, Name: found.name, VersionId: randomBytes(16).toString('hex') };
    }
    if (action === 'TagResource') {
      for (const { Key, Value } of input.Tags as TagInput) found.tags.set(Key, Value);
      return {};
    }
    if (action !== 'GetSecretValue') throw new Refusal('UnknownOperationException', action);
    if (instance !== null && found.tags.get(TAGS.reader) !== instance) throw denied();
    return { ARN: found.arn, Name: found.name, SecretString: found.text };
  }

  #create({ Name, SecretString, Tags }: Input): unknown {
    const name = String(Name);
    if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) throw new Refusal('InvalidParameterException', name);
    if (this.all.has(name)) throw new Refusal('ResourceExistsException', 'the secret exists already');
    const suffix = randomBytes(8).toString('base64url').replace(/[-_]/g, 'a').slice(0, 6);
    const arn = `arn:aws:secretsmanager:${this.#region}:${this.#account}:secret:${name}-${suffix}`;
    const tags = new Map(((Tags ?? []) as TagInput).map(({ Key, Value }) => [Key, Value]));
    this.all.set(name, { arn, name, text: String(SecretString), tags });
    return { ARN: arn, Name: name };
  }

  /** One a page, so that whoever lists has to turn pages. */
  #list({ Filters, NextToken }: Input): unknown {
    const prefix = (Filters as { Values: string[] }[])[0]?.Values[0] ?? '';
    const found = [...this.all.values()].filter(({ name }) => name.startsWith(prefix));
    const at = Number(NextToken ?? 0);
    const SecretList = found.slice(at, at + 1).map(({ arn, name }) => ({ ARN: arn, Name: name }));
    return { SecretList, ...(at + 1 < found.length ? { NextToken: String(at + 1) } : {}) };
  }

  #remove({ SecretId, ForceDeleteWithoutRecovery }: Input): unknown {
    const found = this.#find(String(SecretId));
    if (ForceDeleteWithoutRecovery !== true)
      throw new Refusal('InvalidRequestException', 'this stand-in keeps nothing for a while');
    this.all.delete(found.name);
    return { ARN: found.arn, Name: found.name };
  }

  #find(id: string): KeptSecret {
    const found = this.all.get(id) ?? [...this.all.values()].find(({ arn }) => arn === id);
    if (!found) throw new Refusal('ResourceNotFoundException', 'there is no such secret');
    return found;
  }
}

const denied = () => new Refusal('AccessDeniedException', 'this identity may not do that');
