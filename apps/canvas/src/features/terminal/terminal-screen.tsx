// Terminal screen: xterm over the workspace's socket. Loaded only when somebody opens a terminal.

import { say } from '../../languages/say.ts';
import '@xterm/xterm/css/xterm.css';
import { buildPath } from '@molecule/client';
import { units } from '@molecule/contracts';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'react';
import { quietDocument } from './quiet-document.ts';
import { themeOf } from './theme-of.ts';

interface Told {
  onOpen: () => void;
  onClosed: (code: number, reason: string) => void;
}

export default function TerminalScreen({
  roleId,
  roleName,
  ...told
}: Told & { roleId: string; roleName: string }) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef<Told>(told);
  latest.current = told;
  useEffect(() => {
    const box = host.current;
    if (!box) return;
    const tell: Told = {
      onOpen: () => latest.current.onOpen(),
      onClosed: (code, reason) => latest.current.onClosed(code, reason),
    };
    return openTerminal(box, roleId, roleName, tell);
  }, [roleId, roleName]);
  return <div ref={host} className="min-h-0 flex-1 overflow-hidden bg-sunken p-3" />;
}

/** Returns what ends it. */
function openTerminal(box: HTMLDivElement, roleId: string, roleName: string, told: Told): () => void {
  const quiet = quietDocument(document);
  // Colours beyond the palette and a contrast to keep would become style attributes, which the content policy refuses.
  const terminal = new Terminal({
    fontFamily: getComputedStyle(box).getPropertyValue('--font-mono') || 'monospace',
    fontSize: 13,
    scrollback: 5_000,
    theme: themeOf(box),
    documentOverride: quiet.document,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(box);
  terminal.textarea?.setAttribute('aria-label', say('terminal.terminalOfRolenameF6', { roleName }));
  terminal.attachCustomKeyEventHandler((event) => leaveOnF6(event, box));
  fit.fit();
  const socket = openSocket(roleId, terminal.cols, terminal.rows);
  const send = (data: string | Uint8Array<ArrayBuffer>) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data);
  };
  socket.onopen = () => {
    told.onOpen();
    terminal.focus();
  };
  socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) =>
    terminal.write(typeof data === 'string' ? data : new Uint8Array(data));
  socket.onclose = ({ code, reason }) => told.onClosed(code, reason);
  const encoder = new TextEncoder();
  // Bytes, so that typing what looks like a resize frame stays typing.
  terminal.onData((text) => send(encoder.encode(text)));
  terminal.onResize(({ cols, rows }) => send(JSON.stringify({ type: 'resize', cols, rows })));
  const watching = new ResizeObserver(() => fit.fit());
  watching.observe(box);
  // The canvas's own keys, such as Escape, belong to the shell while somebody types here.
  const keep = (event: Event) => event.stopPropagation();
  box.addEventListener('keydown', keep);
  return () => {
    box.removeEventListener('keydown', keep);
    watching.disconnect();
    socket.onclose = null;
    socket.close();
    terminal.dispose();
    quiet.release();
  };
}

function openSocket(roleId: string, cols: number, rows: number): WebSocket {
  const query = { cols: String(cols), rows: String(rows) };
  const path = buildPath(units.openTerminal.path, { id: roleId }, query);
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  socket.binaryType = 'arraybuffer';
  return socket;
}

/** A terminal takes Tab for itself, so another key must lead out of it. */
function leaveOnF6(event: KeyboardEvent, box: HTMLElement): boolean {
  if (event.key !== 'F6') return true;
  if (event.type === 'keydown') {
    box.closest('aside')?.querySelector<HTMLElement>('[role="tab"][data-state="active"]')?.focus();
  }
  return false;
}
