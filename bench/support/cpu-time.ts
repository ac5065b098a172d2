import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks of /proc: USER_HZ, 100 on every Linux that Node.js supports (`getconf CLK_TCK`). */
const MS_PER_TICK = 10;

/** CPU time so far, milliseconds, of this process and all below it, by kind: `node`, `browser`, `renderer`, `gpu`, `utility`. */
export async function cpuTimes(): Promise<Record<string, number>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => statOf(pid).catch(() => null)));
  const all = found.filter((one) => one !== null);
  const below = new Set([process.pid]);
  for (let grown = true; grown;) {
    const more = all.filter(({ pid, parent }) => below.has(parent) && !below.has(pid));
    for (const { pid } of more) below.add(pid);
    grown = more.length > 0;
  }
  const times: Record<string, number> = {};
  for (const { pid, kind, ms } of all) if (below.has(pid)) times[kind] = (times[kind] ?? 0) + ms;
  return times;
}

async function statOf(pid: string) {
  const [stat, command] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
  ]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kind = /--type=([a-z]+)/.exec(command)?.[1] ?? (command.includes('--headless') ? 'browser' : 'node');
  return {
    pid: Number(pid),
    parent: Number(fields[1]),
    kind,
    ms: MS_PER_TICK * (Number(fields[11]) + Number(fields[12])),
  };
}
