import type { PipelineSettings } from '../config/scenario.ts'
import {
  NOTIFICATION_PUSH,
  PRODUCT_INVENTORY,
  type TopicName,
  USER_ACTION,
  USER_CUSTOM,
  USER_PATTERN,
} from '../domain/topics.ts'
import type { Consumer } from '../ports/event-log.ts'
import { BEHAVIOR_GROUP, openBehaviorStage } from '../stages/behavior/behavior-stage.ts'
import { FEATURE_GROUP, openFeatureStage } from '../stages/feature/feature-stage.ts'
import { INVENTORY_GROUP, openInventoryStage } from '../stages/inventory/inventory-stage.ts'
import { LAKE_GROUP, openLakeStage } from '../stages/lake/lake-stage.ts'
import { NOTIFY_GROUP, openNotifyStage } from '../stages/notify/notify-stage.ts'
import { openReminderStage, REMINDER_GROUP } from '../stages/notify/reminder-stage.ts'
import { openPreferenceStage, PREFERENCE_GROUP } from '../stages/preference/preference-stage.ts'
import type { Stage, StageContext } from '../stages/stage.ts'
import { openStatisticsStage, STATISTICS_GROUP } from '../stages/statistics/statistics-stage.ts'
import type { GroupOnTopic } from './backlog.ts'

export type StageName =
  | 'behavior'
  | 'preference'
  | 'inventory'
  | 'notify'
  | 'feature'
  | 'reminder'
  | 'statistics'
  | 'lake'

interface StageEntry {
  readonly group: string
  readonly topics: readonly TopicName[]
  /** Least time between polls, ms: what a record may wait here so that batches are worth their cost. */
  readonly gatherMs: number
  open(
    context: StageContext,
    settings: PipelineSettings,
  ): Promise<{ readonly stage: Stage; readonly consumer: Consumer }>
}

/** Every consuming stage: its group, the topics that it reads, and how to open it. */
export const STAGES: Readonly<Record<StageName, StageEntry>> = {
  behavior: { group: BEHAVIOR_GROUP, topics: [USER_ACTION], gatherMs: 10, open: openBehaviorStage },
  preference: { group: PREFERENCE_GROUP, topics: [USER_ACTION], gatherMs: 5, open: openPreferenceStage },
  inventory: { group: INVENTORY_GROUP, topics: [PRODUCT_INVENTORY], gatherMs: 5, open: openInventoryStage },
  notify: { group: NOTIFY_GROUP, topics: [NOTIFICATION_PUSH], gatherMs: 5, open: openNotifyStage },
  feature: { group: FEATURE_GROUP, topics: [USER_ACTION], gatherMs: 20, open: openFeatureStage },
  reminder: { group: REMINDER_GROUP, topics: [USER_PATTERN], gatherMs: 5, open: openReminderStage },
  statistics: {
    group: STATISTICS_GROUP,
    topics: [USER_ACTION, USER_CUSTOM],
    gatherMs: 50,
    open: openStatisticsStage,
  },
  lake: { group: LAKE_GROUP, topics: [USER_ACTION], gatherMs: 50, open: openLakeStage },
}

export const STAGE_NAMES = Object.keys(STAGES) as StageName[]

/** Stages that run only where the scenario asks for them, and the settings that say so. */
const OPTIONAL: Readonly<Partial<Record<StageName, 'features' | 'statistics' | 'lake'>>> = {
  feature: 'features',
  reminder: 'features',
  statistics: 'statistics',
  lake: 'lake',
}

/** The stages of a pipeline with these settings. */
export function stagesOf(settings: Pick<PipelineSettings, 'features' | 'statistics' | 'lake'>): StageName[] {
  return STAGE_NAMES.filter((stage) => {
    const part = OPTIONAL[stage]
    return part === undefined || settings[part].enabled
  })
}

/** The groups of stages, as backlogs are counted: one a topic. */
export function groupsOf(stages: readonly StageName[]): readonly GroupOnTopic[] {
  return stages.flatMap((stage) => {
    const { group, topics } = STAGES[stage]
    return topics.map((topic) => ({ stage, group, topic }))
  })
}
