// Platform: what the keyboard of this machine calls its command key.

export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}
