// All gates: the one list, in groups that `npm run check` runs side by side.

import { browserBundles } from './browser-bundles.ts';
import { cataloguesAgree } from './catalogues-agree.ts';
import { dispatcherDoor } from './dispatcher-door.ts';
import { documentsHold } from './documents-hold.ts';
import { firstLineSays } from './first-line-says.ts';
import { forbiddenPaths } from './forbidden-paths.ts';
import type { Gate } from './gate.ts';
import { generatedFiles } from './generated-files.ts';
import { imports } from './imports.ts';
import { literalWords } from './literal-words.ts';
import { lockInStep } from './lock-in-step.ts';
import { logicalCss } from './logical-css.ts';
import { machineWords } from './machine-words.ts';
import { migrationsInOrder } from './migrations-in-order.ts';
import { noBareTimers } from './no-bare-timers.ts';
import { packageDoors } from './package-doors.ts';
import { platformBoundary } from './platform-boundary.ts';
import { requirementsCited } from './requirements-cited.ts';
import { secrets } from './secrets.ts';
import { settingsAtTheDoor } from './settings-at-the-door.ts';
import { sqlInStores } from './sql-in-stores.ts';
import { typesOf } from './types.ts';

export const GATES: Readonly<Record<string, readonly Gate[]>> = {
  types: [typesOf('tsconfig.json')],
  'types-canvas': [typesOf('apps/canvas/tsconfig.json'), typesOf('tooling/tsconfig/neutral.json')],
  house: [
    imports,
    browserBundles,
    dispatcherDoor,
    packageDoors,
    lockInStep,
    settingsAtTheDoor,
    sqlInStores,
    migrationsInOrder,
    noBareTimers,
    secrets,
    forbiddenPaths,
    machineWords,
    firstLineSays,
    documentsHold,
    requirementsCited,
    platformBoundary,
    literalWords,
    cataloguesAgree,
    logicalCss,
    generatedFiles,
  ],
};
