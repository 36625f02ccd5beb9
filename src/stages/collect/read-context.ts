import type { ActionContext } from '../../domain/events.ts'
import type { Extras } from './extras.ts'
import type { Fields } from './fields.ts'

const PARTS = ['page', 'device', 'weather', 'temporal', 'user', 'campaign'] as const

/** The context of an event; null where nothing of it is told. What has no field of its own goes to the extras. */
export function readContext(event: Fields, extras: Extras): ActionContext | null {
  const fields = event.part('context')
  if (fields === null) return null
  const context: ActionContext = {}
  let known = false
  for (const part of PARTS) {
    const found = fields.part(part)
    if (found === null) continue
    READERS[part](found, context)
    known = true
    for (const name of Object.keys(found.source)) {
      if (!KNOWN[part].includes(name)) extras.add(`context.${part}.${name}`, found.source[name])
    }
  }
  for (const name of Object.keys(fields.source)) {
    if (!(PARTS as readonly string[]).includes(name)) extras.add(`context.${name}`, fields.source[name])
  }
  return known ? context : null
}

type Part = (typeof PARTS)[number]

/** Names of the fields that each part has. */
const KNOWN: Readonly<Record<Part, readonly string[]>> = {
  page: ['url', 'referrer'],
  device: ['type'],
  weather: ['status', 'temperature'],
  temporal: ['time_of_day', 'day_of_week'],
  user: ['login_status', 'segment'],
  campaign: ['utm_source', 'utm_campaign'],
}

const READERS: Readonly<Record<Part, (fields: Fields, context: ActionContext) => void>> = {
  page: (fields, context) => {
    context.page = { url: fields.requiredText('url'), referrer: fields.text('referrer') }
  },
  device: (fields, context) => {
    context.device = { type: fields.requiredText('type') }
  },
  weather: (fields, context) => {
    const status = fields.requiredText('status')
    context.weather = { status, temperature: fields.requiredNumber('temperature') }
  },
  temporal: (fields, context) => {
    const timeOfDay = fields.requiredText('time_of_day')
    context.temporal = { timeOfDay, dayOfWeek: fields.requiredText('day_of_week') }
  },
  user: (fields, context) => {
    const loginStatus = fields.requiredText('login_status')
    context.user = { loginStatus, segment: fields.text('segment') }
  },
  campaign: (fields, context) => {
    const utmSource = fields.requiredText('utm_source')
    context.campaign = { utmSource, utmCampaign: fields.text('utm_campaign') }
  },
}
