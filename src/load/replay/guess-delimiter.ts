const DELIMITERS = [',', ';', '\t', '|']

/** The delimiter that the first line has most of, quoted parts left out; a comma where it has none. */
export function guessDelimiter(firstLine: string): string {
  const plain = firstLine.replace(/"[^"]*"/g, '')
  const count = (delimiter: string): number => plain.split(delimiter).length
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best))
}
