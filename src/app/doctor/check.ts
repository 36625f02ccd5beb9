/** What one look at the machine found. */
export interface DoctorCheck {
  /** Stable name, e.g. `java`. */
  readonly id: string
  readonly title: string
  /** `required` ones must be found for the embedded stack to run; the others unlock more. */
  readonly need: 'required' | 'optional'
  /** `weak`: of use within limits; `unusable`: here, but too old, broken or not answering. */
  readonly status: 'found' | 'weak' | 'unusable' | 'missing'
  readonly version: string | null
  /** What was found, and where. */
  readonly detail: string
  readonly unlocks: string
  /** How to get it, or what to change; null where nothing is to do. */
  readonly remedy: string | null
}

/** What is the same of a check whatever it finds. */
export type CheckSubject = Pick<DoctorCheck, 'id' | 'title' | 'need' | 'unlocks'>

export interface Finding {
  readonly version?: string | null
  readonly detail: string
}

export function found(subject: CheckSubject, { version = null, detail }: Finding): DoctorCheck {
  return { ...subject, status: 'found', version, detail, remedy: null }
}

export function weak(
  subject: CheckSubject,
  { version = null, detail }: Finding,
  remedy: string,
): DoctorCheck {
  return { ...subject, status: 'weak', version, detail, remedy }
}

export function unusable(
  subject: CheckSubject,
  { version = null, detail }: Finding,
  remedy: string,
): DoctorCheck {
  return { ...subject, status: 'unusable', version, detail, remedy }
}

export function missing(subject: CheckSubject, detail: string, remedy: string): DoctorCheck {
  return { ...subject, status: 'missing', version: null, detail, remedy }
}
