const BIGINT = 20
const DATE = 1082
const NUMERIC = 1700

/** How columns come back, the same on every driver; by PostgreSQL's object id of the type. */
export const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  // Counts and milliseconds are far below 2^53; what is not stays a text rather than become another number.
  [BIGINT]: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
  // A day of the calendar, not a moment.
  [DATE]: (text) => text,
  [NUMERIC]: (text) => text,
}

/** Arrays of these: the type of their elements by object id of the array's type. */
export const ARRAYS: Readonly<Record<number, number>> = { 1016: BIGINT, 1182: DATE, 1231: NUMERIC }
