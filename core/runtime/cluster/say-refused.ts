/** Tells how many messages a host has refused, by reason: what hosts sent that had been given up, mostly. Nothing if none. */
export function sayRefused(
  say: (text: string) => void,
  ...counts: (ReadonlyMap<string, number> | undefined)[]
): void {
  // A link begins when one end has heard of the other: what comes before the other end has, comes again.
  const all = counts.flatMap((c) => [...(c ?? [])].filter(([why]) => why !== 'unknown host'));
  if (all.length === 0) return;
  const total = all.reduce((n, [, count]) => n + count, 0);
  say(
    `refused ${total} message${total === 1 ? '' : 's'}: ${all.map(([why, n]) => `${why} ${n}`).join(', ')}`,
  );
}
