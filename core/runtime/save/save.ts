import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { GridGeometry } from '../../halo/plan.js';
import { fileError, replaceFile } from '../../memory/files.js';
import { writeNpy } from '../../memory/npy.js';
import { pieceArrays, pieceBox, type WholeField } from './pieces.js';
import { imageFile, piecesFile } from './vtk-image.js';

/** Name of the image, and of the folder with its parts. */
const IMAGE = 'state';

/**
 * Makes the folder and looks whether it can be written to, before a run that may take long.
 * @throws HaloweaveError 'usage' that says what is in the way.
 */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw fileError(`--save ${folder} cannot be written`, cause);
  }
}

/**
 * Writes a state: `NAME.npy` for every field, and one image of all for ParaView: `state.pvti`, which lists
 * `state/part-K.vti`, one a part, whose halo cells are marked (ParaView hides them; opened alone, a part shows where
 * they are). Files of these names are replaced, each at once. Gives their paths. The event loop runs between files.
 * Costs one pass over the state for each of the two forms.
 */
export async function saveState(
  folder: string,
  geometry: GridGeometry,
  fields: readonly WholeField[],
): Promise<string[]> {
  const files: string[] = [];
  const file = async (name: string): Promise<string> => {
    await setImmediate();
    const path = join(folder, name);
    files.push(path);
    return path;
  };
  for (const f of fields) writeNpy(await file(`${encodeURIComponent(f.name)}.npy`), f.array);
  prepareFolder(join(folder, IMAGE));
  const parts = geometry.dims.reduce((a, b) => a * b, 1);
  const digits = String(parts - 1).length;
  const pieces = Array.from({ length: parts }, (_, id) => ({
    cells: pieceBox(geometry, id).own,
    source: `${IMAGE}/part-${String(id).padStart(digits, '0')}.vti`,
  }));
  for (const [id, piece] of pieces.entries()) {
    const { cellData, pointData } = pieceArrays(geometry, id, fields);
    replaceFile(await file(piece.source), (write) => {
      for (const bytes of imageFile(pieceBox(geometry, id).shown, cellData, pointData)) write(bytes);
    });
  }
  // Last, so that what it lists is there. The extents are those of the own cells: a reader takes these from each file.
  const whole = { lo: geometry.shape.map(() => 0), hi: geometry.shape };
  const { cellData, pointData } = pieceArrays(geometry, 0, fields);
  replaceFile(await file(`${IMAGE}.pvti`), (write) => {
    write(piecesFile(whole, geometry.halo, cellData, pointData, pieces));
  });
  return files;
}
