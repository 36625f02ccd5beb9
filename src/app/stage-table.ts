import type { PipelineSettings } from '../config/scenario.ts'
import { NOTIFICATION_PUSH, PRODUCT_INVENTORY, USER_ACTION, USER_PATTERN } from '../domain/topics.ts'
import type { Consumer } from '../ports/event-log.ts'
import { BEHAVIOR_GROUP, openBehaviorStage } from '../stages/behavior/behavior-stage.ts'
import { FEATURE_GROUP, openFeatureStage } from '../stages/feature/feature-stage.ts'
import { INVENTORY_GROUP, openInventoryStage } from '../stages/inventory/inventory-stage.ts'
import { NOTIFY_GROUP, openNotifyStage } from '../stages/notify/notify-stage.ts'
import { openReminderStage, REMINDER_GROUP } from '../stages/notify/reminder-stage.ts'
import { openPreferenceStage, PREFERENCE_GROUP } from '../stages/preference/preference-stage.ts'
import type { Stage, StageContext } from '../stages/stage.ts'
import type { GroupOnTopic } from './backlog.ts'

export type StageName = 'behavior' | 'preference' | 'inventory' | 'notify' | 'feature' | 'reminder'

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
  feature: { group: FEATURE_GROUP, topic: USER_ACTION, gatherMs: 20, open: openFeatureStage },
  reminder: { group: REMINDER_GROUP, topic: USER_PATTERN, gatherMs: 5, open: openReminderStage },
}

export const STAGE_NAMES = Object.keys(STAGES) as StageName[]

/** Stages that run only where the scenario asks for features. */
const OPTIONAL: ReadonlySet<StageName> = new Set(['feature', 'reminder'])

/** The stages of a pipeline with these settings. */
export function stagesOf({ features }: Pick<PipelineSettings, 'features'>): StageName[] {
  return STAGE_NAMES.filter((stage) => features.enabled || !OPTIONAL.has(stage))
}

/** The groups of stages, as backlogs are counted. */
export function groupsOf(stages: readonly StageName[]): readonly GroupOnTopic[] {
  return stages.map((stage) => ({ stage, group: STAGES[stage].group, topic: STAGES[stage].topic }))
}
