import { type NativeUp, type NativeUpOptions, upNative } from '../stacks/native/native-stack.ts'

export type { NativeSettings } from '../stacks/native/settings.ts'

/** Brings a stack of real services up and waits until all of them are healthy. */
export function up(options: NativeUpOptions): Promise<NativeUp> {
  return upNative(options)
}
