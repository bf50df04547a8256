// Stand-in cloud: EC2, Secrets Manager and the metadata of machines behind one address, with machines that really boot.
//
//   C1. Every so many calls one is refused as one too many, as the service does to whoever asks often.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Docker from 'dockerode';
import { MachineHost } from './machine-host.ts';
import { type MetadataService, startMetadataService } from './metadata-service.ts';
import { parseForm, textOf, toXml } from './query-protocol.ts';
import { accessKeyOf, StandInEc2, type StandInImage } from './stand-in-ec2.ts';
import { Refusal } from './stand-in-errors.ts';
import { StandInSecrets } from './stand-in-secrets.ts';

const NETWORK = '10.214.77';
const XML = { 'content-type': 'text/xml;charset=UTF-8' };
const JSON_BODY = { 'content-type': 'application/x-amz-json-1.1' };

export interface StandInCloudOptions {
  docker: Docker;
  name: string;
  images: readonly StandInImage[];
  lagMs: number;
  stepMs: number;
  throttleEvery: number;
}

export class StandInCloud {
  static readonly place = {
    region: 'eu-test-1',
    account: '111122223333',
    subnetId: 'subnet-0123456789abcdef0',
    vpcId: 'vpc-0123456789abcdef0',
    edgeGroupId: 'sg-0123456789abcdef0',
  };
  readonly ec2: StandInEc2;
  readonly secrets: StandInSecrets;
  readonly host: MachineHost;
  /** Actions whose next call is done, and answered as if it had been refused. */
  readonly lost = new Set<string>();
  readonly #options: StandInCloudOptions;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #metadata: MetadataService | null = null;
  #count = 0;

  private constructor(options: StandInCloudOptions, host: MachineHost) {
    this.#options = options;
    this.host = host;
    const { region, account } = StandInCloud.place;
    this.ec2 = new StandInEc2({
      ...StandInCloud.place,
      ...options,
      network: NETWORK,
      host,
      machineEnv: () => ({
        PATH: '/usr/bin',
        TENANT_PROGRAM: '/app/main.cjs',
        AWS_EC2_METADATA_SERVICE_ENDPOINT: this.#metadata?.url ?? '',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://${NETWORK}.1:${this.port}`,
      }),
    });
    this.secrets = new StandInSecrets(region, account, (accessKeyId) => {
      const machine = this.ec2.machineBy(({ id }) => accessKeyOf(id) === accessKeyId);
      return machine ? this.ec2.arnOf(machine.id) : null;
    });
  }

  static async open(options: StandInCloudOptions): Promise<StandInCloud> {
    const host = await MachineHost.open(options.docker, options.name, `${NETWORK}.0/24`);
    const cloud = new StandInCloud(options, host);
    await new Promise<void>((resolve) => cloud.#server.listen(0, '0.0.0.0', resolve));
    cloud.#metadata = await startMetadataService((address) => {
      const machine = cloud.ec2.machineBy((each) => each.address === address);
      return machine ? { userData: machine.userData, accessKeyId: accessKeyOf(machine.id) } : null;
    });
    return cloud;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    await this.#metadata?.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.host.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const target = String(request.headers['x-amz-target'] ?? '');
    const isSecrets = target.startsWith('secretsmanager.');
    const accessKey = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
    try {
      if (!accessKey) throw new Refusal('AuthFailure', 'the call is not signed', 401);
      if (++this.#count % this.#options.throttleEvery === 0)
        throw new Refusal(isSecrets ? 'ThrottlingException' : 'RequestLimitExceeded', 'too many calls', 503);
      if (isSecrets) {
        const action = target.slice('secretsmanager.'.length);
        const answer = this.secrets.answer(action, JSON.parse(body), accessKey);
        this.#lose(action);
        response.writeHead(200, JSON_BODY).end(JSON.stringify(answer));
        return;
      }
      const params = parseForm(body);
      const action = textOf(params.Action);
      const answer = (await this.ec2.answer(action, params)) as object;
      this.#lose(action);
      response.writeHead(200, XML).end(toXml(`${action}Response`, { requestId: randomUUID(), ...answer }));
    } catch (error) {
      refuse(response, error, isSecrets);
    }
  }

  /** What whoever called and was killed then leaves behind. */
  #lose(action: string): void {
    if (this.lost.delete(action)) throw new Refusal('ExpiredToken', 'the answer is lost', 403);
  }
}

function refuse(response: ServerResponse, error: unknown, isSecrets: boolean): void {
  const refusal =
    error instanceof Refusal ? error : new Refusal('InternalError', (error as Error).stack ?? '', 500);
  if (isSecrets) {
    const body = { __type: refusal.code, message: refusal.message };
    response.writeHead(refusal.status, JSON_BODY).end(JSON.stringify(body));
    return;
  }
  const errors = `<Errors>${toXml('Error', { Code: refusal.code, Message: refusal.message })}</Errors>`;
  response
    .writeHead(refusal.status, XML)
    .end(`<Response>${errors}<RequestID>${randomUUID()}</RequestID></Response>`);
}
