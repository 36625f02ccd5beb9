const BEGIN = '<!-- keys: written by `npm run schema`, do not edit -->'
const END = '<!-- /keys -->'

/** The page with the text between its two markers replaced. Throws where a marker is missing. */
export function withTables(page: string, tables: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`the page needs the lines ${BEGIN} and ${END}`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${tables}\n${page.slice(end)}`
}
