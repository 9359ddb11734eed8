import { GroupCalls } from '../../comm/group-calls.js';
import { PointToPoint } from '../../comm/point-to-point.js';
import { Request } from '../../comm/request.js';
import { TraceKind, type TraceRing } from '../../observe/trace-ring.js';

/** Methods that neither send nor wait. */
const SILENT = new Set(['constructor', 'within', 'deadline', 'result', 'coords', 'rankAt', 'shift']);

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Has a communicator note its calls: the public methods of this one object are replaced by ones that note when they
 * began and ended, also when they throw. Communicators that it gives are noted too, and the `wait` of requests.
 */
export function traceCalls(comm: GroupCalls, ring: TraceRing): void {
  for (let level: object = comm; level !== Object.prototype; level = Object.getPrototypeOf(level) as object)
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value !== 'function' || SILENT.has(name) || name.startsWith('_')) continue;
      if (Object.hasOwn(comm, name)) continue;
      replace(comm, name, value as Method, ring, name in PointToPoint.prototype ? 0 : 1);
    }
}

function replace(object: object, name: string, method: Method, ring: TraceRing, collective: 0 | 1): void {
  const id = ring.name(name);
  const traced: Method = function (...args) {
    const start = ring.now();
    try {
      const result = method.apply(this, args);
      if (result instanceof GroupCalls) traceCalls(result, ring);
      else if (result instanceof Request) replace(result, 'wait', result.wait as Method, ring, collective);
      return result;
    } finally {
      ring.note(TraceKind.call, start, id, collective);
    }
  };
  Object.defineProperty(object, name, { value: traced, configurable: true, writable: true });
}
