// Raw request: sends headers as they are written, repeated ones too, which `fetch` would join.

import { request } from 'node:http';

export interface RawAnswer {
  status: number;
  text: string;
}

export function sendRaw(
  base: string,
  path: string,
  headers: readonly [name: string, value: string][],
): Promise<RawAnswer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, path, headers: ['host', `${hostname}:${port}`, ...headers.flat()] },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.once('error', reject).end();
  });
}
