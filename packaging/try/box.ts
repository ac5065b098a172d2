/** The output and exit code of a program. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An installed server with its data folder. */
export interface Box {
  /** A description for people. */
  readonly description: string;
  /** Path of the program. */
  readonly program: string;
  /** Runs a command of the program. */
  once(...args: readonly string[]): Promise<Ended>;
  /** Starts the server. */
  start(): Promise<RunningBox>;
  /** Removes everything, including the data. */
  remove(): Promise<void>;
}

export interface RunningBox {
  /** Runs a command as the server's user. */
  exec(command: readonly string[], input?: Buffer): Promise<Ended>;
  /** Checks readiness once. */
  isHealthy(): Promise<boolean>;
  /** Sends SIGTERM. @returns the exit code of the server */
  stop(): Promise<number>;
}
