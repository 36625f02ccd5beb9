import type { PipelineSettings } from '../config/scenario.ts'
import { NOTIFICATION_PUSH, PRODUCT_INVENTORY, USER_ACTION } from '../domain/topics.ts'
import type { Consumer } from '../ports/event-log.ts'
import { BEHAVIOR_GROUP, openBehaviorStage } from '../stages/behavior/behavior-stage.ts'
import { INVENTORY_GROUP, openInventoryStage } from '../stages/inventory/inventory-stage.ts'
import { NOTIFY_GROUP, openNotifyStage } from '../stages/notify/notify-stage.ts'
import { openPreferenceStage, PREFERENCE_GROUP } from '../stages/preference/preference-stage.ts'
import type { Stage, StageContext } from '../stages/stage.ts'
import type { GroupOnTopic } from './backlog.ts'

export type StageName = 'behavior' | 'preference' | 'inventory' | 'notify'

interface StageEntry {
  readonly group: string
  readonly topic: string
  /** Least time between polls, ms: what a record may wait here so that batches are worth their cost. */
  readonly gatherMs: number
  open(
    context: StageContext,
    settings: PipelineSettings,
  ): Promise<{ readonly stage: Stage; readonly consumer: Consumer }>
}

/** Every consuming stage: its group, the topic that it reads, and how to open it. */
export const STAGES: Readonly<Record<StageName, StageEntry>> = {
  behavior: { group: BEHAVIOR_GROUP, topic: USER_ACTION, gatherMs: 10, open: openBehaviorStage },
  preference: { group: PREFERENCE_GROUP, topic: USER_ACTION, gatherMs: 5, open: openPreferenceStage },
  inventory: { group: INVENTORY_GROUP, topic: PRODUCT_INVENTORY, gatherMs: 5, open: openInventoryStage },
  notify: { group: NOTIFY_GROUP, topic: NOTIFICATION_PUSH, gatherMs: 5, open: openNotifyStage },
}

export const STAGE_NAMES = Object.keys(STAGES) as StageName[]

/** The groups of all stages, as backlogs are counted. */
export const GROUPS: readonly GroupOnTopic[] = STAGE_NAMES.map((stage) => ({
  stage,
  group: STAGES[stage].group,
  topic: STAGES[stage].topic,
}))
