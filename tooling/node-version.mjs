// Node version: refuses a Node that is too old, in one sentence, before anything else can fail strangely.

const OLDEST = [20, 19];

export function isSupportedNode(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

export function requireNode() {
  if (isSupportedNode(process.versions.node)) return;
  process.stderr.write(
    `Molecule needs Node ${OLDEST.join('.')} or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org and try again.\n`,
  );
  process.exit(1);
}
