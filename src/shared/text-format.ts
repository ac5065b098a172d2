interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A line of JSON as a person reads it: `12:30:01.250 warn  the sentence  field=value`. The time is UTC. */
export function textOf(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Line;
  const { stack, ...short } = fields;
  const facts = Object.entries(short).map(([name, value]) => `  ${name}=${String(value)}`);
  const lines = typeof stack === 'string' ? `\n${stack}` : '';
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${msg}${facts.join('')}${lines}`;
}
