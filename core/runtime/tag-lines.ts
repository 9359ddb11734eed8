const NEWLINE = 10;

/**
 * Printed bytes with a tag at the begin of every line. `where` says what came before: a whole line, the begin of
 * this writer's own line, or that of another's, which is then ended.
 */
export function tagLines(
  bytes: Uint8Array,
  tag: string,
  where: 'begin' | 'go on' | 'end another',
): Uint8Array {
  const prefix = Buffer.from(tag, 'utf8');
  const pieces: Uint8Array[] = [];
  if (where === 'end another') pieces.push(Buffer.from('\n'));
  if (where !== 'go on') pieces.push(prefix);
  let from = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
    pieces.push(bytes.subarray(from, at + 1));
    from = at + 1;
    if (from < bytes.length) pieces.push(prefix);
  }
  if (from < bytes.length) pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}
