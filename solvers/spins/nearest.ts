/**
 * The known word that a mistyped one most likely means, or `null` when none is close: equal but for case, or
 * within a Levenshtein distance of a third of its length (at least 2). The first known word wins a tie.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  // Nobody mistypes a key into something this long, and the distance costs its length times the other's.
  if (word.length > 100) return null;
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    // A distance as long as the longer word means that no letter is shared: no help to suggest "mu" for "q".
    if (d < least && d < Math.max(word.length, candidate.length)) {
      best = candidate;
      least = d;
    }
  }
  return best;
}

/** Levenshtein distance: the fewest insertions, deletions and replacements of one character. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
