import type { PipelineSettings } from '../../config/scenario.ts'
import type { NotificationChannel } from '../../domain/events.ts'
import type { Channel } from './channel.ts'
import { SimulatedChannel } from './simulated-channel.ts'
import { WebhookChannel } from './webhook-channel.ts'

/** Every channel that the settings allow; notifications of an earlier run may still ask for another one. */
export type Channels = ReadonlyMap<NotificationChannel, Channel>

export function openChannels(settings: PipelineSettings['notify']): Channels {
  const { webhookUrl: url, concurrency } = settings
  const channels = new Map<NotificationChannel, Channel>([
    ['PUSH', new SimulatedChannel('PUSH', settings)],
    ['SMS', new SimulatedChannel('SMS', settings)],
  ])
  if (url !== null) channels.set('WEBHOOK', new WebhookChannel({ url, concurrency }))
  return channels
}
