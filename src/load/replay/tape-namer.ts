import { TapeReader } from './tape-reader.ts'

/** Names the events of a tape by their numbers; numbers in ascending order cost one walk along the tape. */
export function tapeNamer(tapeFile: string): (sequence: number) => string {
  let cursor: { tape: TapeReader; at: number } | null = null
  return (sequence) => {
    if (cursor === null || cursor.at > sequence) {
      cursor?.tape.close()
      cursor = { tape: new TapeReader(tapeFile), at: -1 }
    }
    while (cursor.at < sequence && cursor.tape.next()) cursor.at++
    return cursor.tape.traceId
  }
}
