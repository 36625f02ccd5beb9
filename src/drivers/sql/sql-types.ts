/** How columns come back, the same on every driver; by PostgreSQL's object id of the type. */
export const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  // bigint: counts and milliseconds are far below 2^53; what is not stays a text rather than become another number.
  20: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
  // date: a day of the calendar, not a moment.
  1082: (text) => text,
  // numeric
  1700: (text) => text,
}
