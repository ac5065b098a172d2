/** One camera as MQTT tells of it. */
export interface CameraPresence {
  readonly id: string;
  readonly name: string;
  readonly isLive: boolean;
  /** Names of those who are there; null for each unknown face. */
  readonly people: readonly (string | null)[];
}
