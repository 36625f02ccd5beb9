/** Something that is opened by its first use and shared by all later ones. */
export interface Once<T> {
  /** The same for every caller; after a failure the next call tries again. */
  open(): Promise<T>
  /** Closes what was opened, also what is being opened now; nothing where nobody asked for it. */
  close(): Promise<void>
}

export function once<T extends { close(): Promise<void> }>(open: () => Promise<T>): Once<T> {
  let opening: Promise<T> | null = null
  return {
    open: () => {
      if (opening === null) {
        const attempt = open()
        opening = attempt
        attempt.catch(() => {
          if (opening === attempt) opening = null
        })
      }
      return opening
    },
    close: async () => {
      const [opened] = await Promise.allSettled(opening === null ? [] : [opening])
      opening = null
      if (opened?.status === 'fulfilled') await opened.value.close()
    },
  }
}
