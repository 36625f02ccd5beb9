// Runs in browsers and is served as the compiler leaves it. What it needs of one is declared here: the rest of
// rep is not to see a browser's globals.
declare const location: { href: string }
declare const document: {
  referrer: string
  visibilityState: string
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}
declare const navigator: { onLine: boolean; sendBeacon(url: string, data: string): boolean }
declare const localStorage: {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}
declare function addEventListener(type: string, listener: () => void): void
declare function removeEventListener(type: string, listener: () => void): void

export interface TrackerOptions {
  /** Where the collector is, e.g. `https://events.example`. */
  url: string
  writeKey?: string
  /** Default: an id made once for this browser. */
  userId?: string
  /** Longest wait before events are sent, ms. Default 2000. */
  flushMs?: number
  /** Events after which they are sent at once. Default 50. */
  batchSize?: number
  /** Most events kept while none can be sent; beyond it the oldest go. Default 1000. */
  maxQueued?: number
}

export interface Tracker {
  /** Notes that something happened, e.g. `track('view', { product_id: 'p1' })`. */
  track(type: string, properties?: Record<string, unknown>): void
  /** From now on events are this user's, e.g. after a login. */
  identify(userId: string): void
  /** Sends all there is; resolves when it was tried. */
  flush(): Promise<void>
  /** Stops; what was not sent is kept for the next page. */
  close(): void
}

interface Queued {
  event_id: string
}

/** Each page has its own: pages that are open side by side must not overwrite each other's. */
const STORE = 'rep-events-'
const USER = 'rep-user'
const SESSION = 'rep-session'
const SESSION_MS = 1_800_000
/** What browsers let a page send when it is left: 64 KiB, of which the envelope needs some. */
const BEACON_CHARS = 50_000
const LONGEST_PAUSE_MS = 60_000

/** Starts tracking. Events are kept in the browser until the collector has them. */
export function createTracker(options: TrackerOptions): Tracker {
  const { url, writeKey, flushMs = 2000, batchSize = 50, maxQueued = 1000 } = options
  const target = `${url}/v1/events${writeKey ? `?write_key=${encodeURIComponent(writeKey)}` : ''}`
  let userId = options.userId ?? remembered(USER, newId)
  const store = STORE + newId()
  let queue = leftOver()
  let timer: ReturnType<typeof setTimeout> | undefined
  let sending: Promise<void> | undefined
  let pauseMs = 0
  let size = batchSize

  const save = (): void => write(store, queue)

  function schedule(ms: number): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void flush()
    }, ms)
  }

  function track(type: string, properties: Record<string, unknown> = {}): void {
    const page = { url: location.href, ...(document.referrer ? { referrer: document.referrer } : {}) }
    const event = {
      event_id: newId(),
      user_id: userId,
      session_id: sessionId(),
      event_type: type,
      timestamp: Date.now(),
      context: { page },
      properties,
    }
    // Written now: what is no JSON is the caller's error, and later changes are not this event's.
    queue.push(JSON.parse(JSON.stringify(event)) as Queued)
    if (queue.length > maxQueued) queue = queue.slice(-maxQueued)
    save()
    if (queue.length >= batchSize && !pauseMs) void flush()
    else schedule(pauseMs || flushMs)
  }

  function flush(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined
      if (queue.length) schedule(pauseMs || flushMs)
    })
    return sending
  }

  async function sendAll(): Promise<void> {
    while (queue.length) {
      const batch = queue.slice(0, size)
      const settled = await send(batch)
      if (!settled) return
      const gone = new Set(settled)
      queue = queue.filter(({ event_id }) => !gone.has(event_id))
      save()
      if (pauseMs) return
    }
  }

  /** Ids of the events that need not be sent again; null for none. Sets the pause before the next try. */
  async function send(batch: Queued[]): Promise<string[] | null> {
    const ids = batch.map(({ event_id }) => event_id)
    const body = envelope(batch)
    try {
      const response = await fetch(target, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body,
        keepalive: body.length <= BEACON_CHARS,
      })
      const { status } = response
      if (status === 413 && batch.length > 1) {
        size = Math.ceil(batch.length / 2)
        return []
      }
      if (status === 401 || status === 429 || status >= 500) {
        backOff(Number(response.headers.get('retry-after')) * 1000)
        return null
      }
      pauseMs = 0
      // 4xx: as wrong the next time. The collector keeps these with their faults.
      if (status >= 300) return ids
      const { results } = (await response.json()) as { results: { status: string }[] }
      const again = results.some((result) => result.status === 'failed')
      if (again) backOff(0)
      return ids.filter((_, i) => results[i]?.status !== 'failed')
    } catch {
      // No network, or no answer: the collector tells events that it got twice apart by their ids.
      backOff(0)
      return null
    }
  }

  function backOff(leastMs: number): void {
    const nextMs = Math.min(LONGEST_PAUSE_MS, Math.max(1000, pauseMs * 2))
    pauseMs = Math.max(leastMs || 0, nextMs * (0.5 + Math.random() / 2))
  }

  /** The page may be gone any moment: what is waiting is handed to the browser, as far as it takes it. */
  function leave(): void {
    if (document.visibilityState !== 'hidden' || sending) return
    while (queue.length) {
      let count = Math.min(queue.length, size)
      while (count > 1 && envelope(queue.slice(0, count)).length > BEACON_CHARS) count = count >> 1
      if (!navigator.sendBeacon(target, envelope(queue.slice(0, count)))) return
      queue = queue.slice(count)
      save()
    }
  }

  const online = (): void => {
    pauseMs = 0
    void flush()
  }
  document.addEventListener('visibilitychange', leave)
  addEventListener('pagehide', leave)
  addEventListener('online', online)
  if (queue.length) {
    save()
    schedule(0)
  }

  return {
    track,
    flush,
    identify: (id) => {
      userId = id
    },
    close: () => {
      clearTimeout(timer)
      timer = undefined
      document.removeEventListener('visibilitychange', leave)
      removeEventListener('pagehide', leave)
      removeEventListener('online', online)
    },
  }
}

/**
 * What earlier pages left, and pages that are still open have: an event may then be sent twice, but under the
 * same id, and none is forgotten.
 */
function leftOver(): Queued[] {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(STORE))
    const events = keys.flatMap((key) => read<Queued[]>(key, []))
    for (const key of keys) localStorage.removeItem(key)
    return events
  } catch {
    return []
  }
}

function envelope(events: readonly Queued[]): string {
  return JSON.stringify({ sent_at: Date.now(), events })
}

/** One id for all that happens with no pause of half an hour, on all pages of an origin. */
function sessionId(): string {
  const now = Date.now()
  const last = read(SESSION, { id: '', at: 0 })
  const id = now - last.at < SESSION_MS ? last.id : newId()
  write(SESSION, { id, at: now })
  return id
}

function newId(): string {
  // Pages without https have no randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 15) | 64
  bytes[8] = (bytes[8]! & 63) | 128
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function remembered(key: string, make: () => string): string {
  const id = read(key, '') || make()
  write(key, id)
  return id
}

function read<T>(key: string, otherwise: T): T {
  try {
    return (JSON.parse(localStorage.getItem(key) ?? 'null') as T | null) ?? otherwise
  } catch {
    // Storage that is forbidden, or holds what another script left: as if there were none.
    return otherwise
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Forbidden, or full: events are then kept as long as the page is.
  }
}
