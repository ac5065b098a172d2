/** What threads that infer need. */
export const INFERENCE_THREAD = {
  /**
   * onnxruntime 1.30 reads the command line of the process with a recursive regular expression, which overflows the 4 MB
   * that Node gives a thread once the line has 16,000 characters: a command over a few hundred files. Address space only.
   * The young generation holds photos that are done with until it is full: with 8 MB instead of 48 a server that works
   * has 660 MB instead of 754, and no fewer answers.
   */
  resourceLimits: { stackSizeMb: 256, maxYoungGenerationSizeMb: 8 },
  /**
   * The thread that answers everybody goes first on busy cores. On Linux a priority is a thread's own, and threads that it
   * starts inherit it; elsewhere it would be that of the whole process.
   */
  niceIncrement: process.platform === 'linux' ? 5 : 0,
};
