/** What a program said before it ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A server that was installed, with a data folder of its own. */
export interface Box {
  /** What it is, for people. */
  readonly description: string;
  /** Where the program lies. */
  readonly program: string;
  /** Runs a command of the program, to its end. */
  once(...args: readonly string[]): Promise<Ended>;
  /** Starts the server. */
  start(): Promise<RunningBox>;
  /** Removes what was started; the data with it. */
  remove(): Promise<void>;
}

export interface RunningBox {
  /** Runs a command beside the server, as its user. */
  exec(command: readonly string[], input?: Buffer): Promise<Ended>;
  /** Asks once whether it is ready. */
  isHealthy(): Promise<boolean>;
  /** Sends SIGTERM. @returns the exit code of the server */
  stop(): Promise<number>;
}
