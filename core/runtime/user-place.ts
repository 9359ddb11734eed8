import { fileURLToPath } from 'node:url';

/** Where this installation's own compiled code and sources lie. */
const OWN = ['../', '../../../core/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** The first frame of a stack that is no code of haloweave or Node, as `at name (file:line:column)`; empty if there is none. */
export function userPlace(stack: string): string {
  for (const line of stack.split('\n')) {
    const frame = line.trim();
    if (!frame.startsWith('at ') || /\(node:|at node:|<anonymous>/.test(frame)) continue;
    if (!OWN.some((folder) => frame.includes(folder))) return frame;
  }
  return '';
}
