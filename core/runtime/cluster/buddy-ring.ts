/** A host and the machine that it runs on, by any name that its hosts share. */
export interface Placed {
  host: number;
  machine: string;
}

/**
 * Whose buddy keeps whose pieces: by host, the host that keeps a copy of its. Everybody's buddy is somebody else, on another
 * machine if there is one, and copies are spread as evenly as that allows. Empty for a single host.
 *
 * Machines take turns along a ring, those with most hosts first; a host's buddy is the next on another machine.
 */
export function buddyRing(hosts: readonly Placed[]): Map<number, number> {
  const machines = new Map<string, number[]>();
  for (const { host, machine } of hosts) machines.set(machine, [...(machines.get(machine) ?? []), host]);
  const groups = [...machines.values()].sort((a, b) => b.length - a.length || a[0]! - b[0]!);
  const buddies = new Map<number, number>();
  if (hosts.length < 2) return buddies;
  // Laid out machine by machine, a step of the largest machine's size leads out of every machine; the order is a ring, so
  // each host is the buddy of exactly one.
  const ring = groups.flat();
  const largest = groups[0]!.length;
  const apart = largest * 2 <= ring.length;
  for (const [k, host] of ring.entries()) {
    if (apart || groups.length === 1) {
      buddies.set(host, ring[(k + (apart ? largest : 1)) % ring.length]!);
      continue;
    }
    // More than half of the hosts are on one machine: those share the others as buddies.
    const others = ring.slice(largest);
    buddies.set(host, k < largest ? others[k % others.length]! : ring[k - largest]!);
  }
  return buddies;
}
