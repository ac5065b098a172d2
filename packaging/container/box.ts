/** What a program said before it ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An image that was built, with a volume of its own for the data. */
export interface Box {
  /** What it is, for people. */
  readonly description: string;
  /** Runs the entrypoint with other arguments, to its end. */
  once(...args: readonly string[]): Promise<Ended>;
  /** Starts the entrypoint as the image says it. */
  start(): Promise<RunningBox>;
  /** Removes what was started; the data with it. */
  remove(): Promise<void>;
}

export interface RunningBox {
  /** Runs a command beside the server, as its user. */
  exec(command: readonly string[], input?: Buffer): Promise<Ended>;
  /** Runs the image's HEALTHCHECK once. */
  isHealthy(): Promise<boolean>;
  /** Sends SIGTERM. @returns the exit code of the server */
  stop(): Promise<number>;
}
