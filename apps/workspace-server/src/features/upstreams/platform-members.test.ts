// Who is a member, asked of a platform over real sockets. Cites P1 to P3.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog } from '@molecule/kit';
import { fakeClock } from '@molecule/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlatformMembers } from './platform-members.ts';

let server: Server;
let asked: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  answer = (_, response) => response.end('{"member":true,"user_id":"u1"}');
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.cookie}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function open() {
  const clock = fakeClock();
  const upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const members = new PlatformMembers({ upstream, slug: 'a/b', clock, log: createLog({ level: 'silent' }) });
  const closed: string[] = [];
  members.onForgotten((id) => closed.push(id));
  return { clock, members, closed };
}

describe('the members of an organisation', () => {
  it('are asked for by its name and their cookie, and known for 30 s (P2)', async () => {
    const { members, clock } = open();
    expect(await members.find('mcp_session=1')).toEqual({ userId: 'u1' });
    await clock.advance(29_999);
    expect(await members.find('mcp_session=1')).toEqual({ userId: 'u1' });
    expect(asked).toEqual(['/cp/auth/tenant-member?slug=a%2Fb mcp_session=1']);
    await clock.advance(2);
    await members.find('mcp_session=1');
    expect(asked).toHaveLength(2);
  });

  it.each<[string, number, string]>([
    ['a refusal', 403, '{"error":"no"}'],
    ['a redirect', 302, ''],
    ['no JSON', 200, '<html>'],
    ['a yes without a name', 200, '{"member":true}'],
    ['a yes with an empty name', 200, '{"member":true,"user_id":""}'],
    ['a no', 200, '{"member":false,"user_id":"u1"}'],
    ['a text for a yes', 200, '{"member":"true","user_id":"u1"}'],
    ['a list', 200, '[true]'],
  ])('are none by %s, which is known for 5 s (P1, P2)', async (_what, status, text) => {
    answer = (_, response) => response.writeHead(status, { location: '/cp/auth/yes' }).end(text);
    const { members, clock } = open();
    expect(await members.find('c=1')).toBeNull();
    await clock.advance(4_999);
    expect(await members.find('c=1')).toBeNull();
    expect(asked).toHaveLength(1);
    await clock.advance(2);
    expect(await members.find('c=1')).toBeNull();
    expect(asked).toHaveLength(2);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['ends the connection', (request) => request.socket.destroy()],
    ['answers 503', (_, response) => response.writeHead(503).end('{"member":true,"user_id":"u1"}')],
    [
      'answers too much',
      (_, response) => response.end(`{"member":true,"user_id":"u1"}${' '.repeat(70_000)}`),
    ],
  ])('are not remembered as anything when the platform %s (P2)', async (_what, listener) => {
    const { members } = open();
    const well = answer;
    answer = listener;
    expect(await members.find('c=1')).toBeNull();
    answer = well;
    expect(await members.find('c=1')).toEqual({ userId: 'u1' });
  });

  it('are asked for once, however many wait for the answer', async () => {
    const { members } = open();
    const found = await Promise.all(Array.from({ length: 20 }, () => members.find('c=1')));
    expect(found).toEqual(found.map(() => ({ userId: 'u1' })));
    expect(asked).toHaveLength(1);
  });

  it('are forgotten at once, and what they opened is closed (P3)', async () => {
    const { members, closed } = open();
    await members.find('c=1');
    members.forget('somebody else');
    await members.find('c=1');
    expect(asked).toHaveLength(1);
    members.forget('u1');
    expect(closed).toEqual(['platform:somebody else', 'platform:u1']);
    answer = (_, response) => response.writeHead(403).end();
    expect(await members.find('c=1')).toBeNull();
    members.forget(null);
    expect(closed).toHaveLength(2);
  });

  it('are not let in by an answer that was under way when they were forgotten (P3)', async () => {
    const { members } = open();
    let release = () => {};
    const reached = new Promise<void>((resolve) => {
      answer = (_, response) => {
        release = () => response.end('{"member":true,"user_id":"u1"}');
        resolve();
      };
    });
    const finding = members.find('c=1');
    await reached;
    members.forget('u1');
    release();
    expect(await finding).toBeNull();
    answer = (_, response) => response.writeHead(403).end();
    expect(await members.find('c=1')).toBeNull();
    expect(asked).toHaveLength(2);
  });

  it('are remembered up to ten thousand, the oldest going first (P2)', async () => {
    const { members } = open();
    for (let at = 0; at <= 10_000; at += 200)
      await Promise.all(Array.from({ length: 200 }, (_, i) => members.find(`c=${at + i}`)));
    const before = asked.length;
    await members.find('c=10100');
    expect(asked).toHaveLength(before);
    await members.find('c=0');
    expect(asked).toHaveLength(before + 1);
  }, 60_000);
});
