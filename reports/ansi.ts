import { Ansis } from 'ansis'
import { withoutControls } from './markup.ts'

export type Paint = InstanceType<typeof Ansis>

/** A painter that colours as the terminal can (NO_COLOR is respected), or not at all. */
export function paintOf(color: boolean): Paint {
  return color ? new Ansis() : new Ansis(0)
}

/** Text of a user (a scenario's name, a reason) that cannot move the cursor or recolour the terminal. */
export function plainLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ')
}

// Escape, bracket, numbers, m: what colours a terminal.
const SGR = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`)

/** Length on screen: without colour codes. All that the views print is one column a character. */
export function visibleLength(line: string): number {
  return line.split(SGR).reduce((sum, part) => sum + (SGR.test(part) ? 0 : [...part].length), 0)
}

/** The line cut to a width; colour codes are kept, so that a colour never runs on. */
export function cutLine(line: string, width: number): string {
  let left = width
  return line
    .split(SGR)
    .map((part) => {
      if (SGR.test(part)) return part
      const kept = [...part].slice(0, Math.max(0, left)).join('')
      left -= [...part].length
      return kept
    })
    .join('')
}

/** Breaks text at spaces into lines of at most `width`; longer words stay whole. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
