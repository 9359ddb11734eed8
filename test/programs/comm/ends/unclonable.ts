/** Gives something that is no data. */
export default function main() {
  return { callback: () => 1 };
}
