// Bench canvas: a real Chromium on the built canvas of a real tenant: first paint to interactive on 200 roles; then main-thread
// work per frame while panning, quiet and under a storm of events, on many roles, with the whole chart in sight and near
// enough to read; heap over time; and bundle sizes. Tenant,
// database, load generator and browser share the cores. Comparator: the same page panning without the storm.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { CDPSession, Page } from 'playwright-core';
import { launchChromium } from '../e2e/support/browser.ts';
import { startTenantProcess, type TenantProcess } from './tenant-process.ts';

const ROLES = Number(process.env.BENCH_ROLES ?? 5_000);
const EVENTS_PER_SECOND = Number(process.env.BENCH_EVENTS ?? 500);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const OPENED_ROLES = 200;
const TEAM = 8;
const TICK_MS = 50;
const DIST = fileURLToPath(new URL('../apps/canvas/dist', import.meta.url));

interface Role {
  id: string;
  token: string;
}

interface Frames {
  p50WorkMs: number;
  p95WorkMs: number;
  p95FrameMs: number;
  slowFramesShare: number;
  frames: number;
}

const round = (value: number) => Math.round(value * 100) / 100;

async function callTenant<T>(tenant: TenantProcess, path: string, body: unknown, bearer: string): Promise<T> {
  const response = await fetch(tenant.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** A tree in which every role has TEAM reports. */
async function grow(tenant: TenantProcess, roles: Role[], until: number): Promise<void> {
  while (roles.length < until) {
    const first = roles.length;
    // One level at a time: managers exist before their reports.
    const width = Math.min(until - first, Math.max(1, first * TEAM - (first - 1)), 64);
    const made = await Promise.all(
      Array.from({ length: width }, async (_, i) => {
        const at = first + i;
        const manager = at === 0 ? null : (roles[Math.floor((at - 1) / TEAM)]?.id ?? null);
        const reply = await callTenant<{ id: string; connection: { auth_token: string } }>(
          tenant,
          '/workspaces',
          { name: `Role ${at}`, role: 'stands in a long chart', external: true, parent_id: manager },
          tenant.adminToken,
        );
        return { id: reply.id, token: reply.connection.auth_token };
      }),
    );
    roles.push(...made);
  }
}

async function openBoard(page: Page, tenant: TenantProcess): Promise<number> {
  const { url } = await callTenant<{ url: string }>(tenant, '/admin/sign-in-links', {}, tenant.adminToken);
  await page.goto(url);
  const drawn = page.locator('[data-role-id], [data-picture]').first();
  await drawn.waitFor({ timeout: 120_000 });
  await page.reload();
  await drawn.waitFor({ timeout: 120_000 });
  // From the navigation to a card that is painted with an idle main thread behind it.
  return page.evaluate<number>(
    'new Promise((done) => requestAnimationFrame(() => requestIdleCallback(() => done(performance.now()))))',
  );
}

/** From the whole chart, as a picture, to the cards of a team at its bottom, by key. */
async function comeNear(page: Page): Promise<void> {
  await page.keyboard.press('b');
  await page.locator('[data-role-id]:focus').waitFor({ timeout: 10_000 });
  for (let level = 0; level < 6; level++) {
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(400);
  }
  await page.locator('[data-role-id]:focus').waitFor({ timeout: 10_000 });
  console.log(`  ${await page.locator('[data-role-id]').count()} cards are drawn`);
}

/**
 * Work of a frame: from its first callback until a message that was posted there is delivered, which is after style, layout
 * and paint, and after whatever else stood in the queue.
 */
const RECORD = `(() => {
  const frames = [];
  const work = [];
  const channel = new MessageChannel();
  let last = performance.now();
  let startedAt = 0;
  let isOn = true;
  channel.port1.onmessage = () => work.push(performance.now() - startedAt);
  const tick = () => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    startedAt = now;
    channel.port2.postMessage(0);
    if (isOn) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  globalThis.endRecord = () => {
    isOn = false;
    return { frames, work };
  };
})()`;

async function pan(page: Page, seconds: number): Promise<Frames> {
  const cdp: CDPSession = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const taskSeconds = async () =>
    (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ??
    0;
  await page.evaluate(RECORD);
  const before = await taskSeconds();
  const endAt = Date.now() + seconds * 1000;
  // Where nothing but the board is, on any chart that is seen: over the controls, beside the map.
  await page.mouse.move(720, 130);
  await page.mouse.down();
  for (let step = 0; Date.now() < endAt; step++) {
    await page.mouse.move(720 + 300 * Math.sin(step / 20), 130 + 40 * (1 - Math.cos(step / 30)));
  }
  await page.mouse.up();
  const total = (await taskSeconds()) - before;
  const { frames, work } = await page.evaluate<{ frames: number[]; work: number[] }>(
    'globalThis.endRecord()',
  );
  const at = (list: number[], q: number) =>
    round([...list].sort((a, b) => a - b)[Math.floor(list.length * q)] ?? 0);
  console.log(`  ${frames.length} frames, ${round(total)} s of main-thread tasks in ${seconds} s`);
  return {
    p50WorkMs: at(work, 0.5),
    p95WorkMs: at(work, 0.95),
    p95FrameMs: at(frames, 0.95),
    slowFramesShare: round(frames.filter((ms) => ms > 33.4).length / Math.max(1, frames.length)),
    frames: frames.length,
  };
}

/** Activity of agents: each is told to every page. */
function storm(tenant: TenantProcess, roles: readonly Role[]): { stop(): Promise<number> } {
  let sent = 0;
  let isOn = true;
  const perTick = Math.max(1, Math.round((EVENTS_PER_SECOND * TICK_MS) / 1000));
  const running = (async () => {
    while (isOn) {
      const endAt = Date.now() + TICK_MS;
      await Promise.all(
        Array.from({ length: perTick }, () => {
          const { id, token } = roles[sent++ % Math.min(roles.length, 400)] as Role;
          const body = { activity_type: 'agent_log', summary: `note ${sent}`, status: 'ok' };
          return callTenant(tenant, `/workspaces/${id}/activity`, body, token).catch(() => undefined);
        }),
      );
      const left = endAt - Date.now();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    }
  })();
  return {
    stop: async () => {
      isOn = false;
      await running;
      return sent;
    },
  };
}

async function heapMb(page: Page): Promise<number> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return round(usedSize / 1024 / 1024);
}

/** What index.html asks for at once; everything else comes when it is needed. */
function initialKilobytes(): number {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  const names = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((found) => found[1] ?? '');
  const bytes = names.reduce((sum, name) => sum + gzipSync(readFileSync(join(DIST, name))).byteLength, 0);
  return round(bytes / 1024);
}

const tenant = await startTenantProcess({
  WORKSPACE_BACKEND: 'none',
  RATE_LIMIT: '100000000',
  REMOTE_LIVENESS_STALE_AFTER: '86400',
});
const browser = await launchChromium();
try {
  const roles: Role[] = [];
  await grow(tenant, roles, OPENED_ROLES);
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  const interactiveMs = Math.round(await openBoard(page, tenant));
  console.log(`growing to ${ROLES} roles …`);
  await grow(tenant, roles, ROLES);
  await openBoard(page, tenant);
  const quiet = {} as Record<'far' | 'near', Frames>;
  const stormy = {} as Record<'far' | 'near', Frames>;
  const looks = process.env.MOLECULE_LOOKS;
  if (looks) await page.screenshot({ path: join(looks, 'canvas-bench-far.png') });
  quiet.far = await pan(page, SECONDS);
  let blowing = storm(tenant, roles);
  let startedAt = Date.now();
  stormy.far = await pan(page, SECONDS);
  let sent = await blowing.stop();
  let stormMs = Date.now() - startedAt;
  await comeNear(page);
  quiet.near = await pan(page, SECONDS);
  const heapBeforeMb = await heapMb(page);
  blowing = storm(tenant, roles);
  startedAt = Date.now();
  stormy.near = await pan(page, SECONDS);
  sent += await blowing.stop();
  stormMs += Date.now() - startedAt;
  const eventsPerSecond = Math.round(sent / (stormMs / 1000));
  const heapAfterMb = await heapMb(page);
  const worst = (of: keyof Frames) => Math.max(...Object.values(stormy).map((frames) => frames[of]));
  const result = {
    bench: 'canvas',
    roles: ROLES,
    seconds: SECONDS,
    interactiveMsAt200: interactiveMs,
    initialJsKilobytes: initialKilobytes(),
    quiet,
    stormy,
    eventsPerSecond,
    ratioP95: {
      far: round(stormy.far.p95WorkMs / Math.max(0.01, quiet.far.p95WorkMs)),
      near: round(stormy.near.p95WorkMs / Math.max(0.01, quiet.near.p95WorkMs)),
    },
    heapBeforeMb,
    heapAfterMb,
    goals: {
      interactiveAtMost1500ms: interactiveMs <= 1_500,
      initialAtMost350Kilobytes: initialKilobytes() <= 350,
      workP95AtMost8ms: worst('p95WorkMs') <= 8,
      slowFramesAtMost1Percent: worst('slowFramesShare') <= 0.01,
    },
  };
  console.log(JSON.stringify(result, null, 2));
  if (looks) await page.screenshot({ path: join(looks, 'canvas-bench-near.png') });
} finally {
  await browser.close();
  await tenant.stop();
}
