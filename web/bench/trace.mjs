/**
 * From a trace of Chromium: for each pair of marks `from N` and `to N`, what the page's main thread
 * did between them, in ms: wall time and CPU time of its tasks, and CPU time of scripts among that.
 */
export function costs(events) {
  const marks = events.filter(({ cat, name }) => isMark(cat) && /^(from|to) \d+$/.test(name));
  const [{ pid, tid }] = marks;
  const own = events
    .filter((one) => one.ph === 'X' && one.pid === pid && one.tid === tid)
    .toSorted((a, b) => a.ts - b.ts);
  const tasks = own.filter(({ name }) => name === 'RunTask');
  const scripts = outermost(own.filter(({ name }) => name === 'FunctionCall'));
  const ends = new Map(marks.map(({ name, ts }) => [name, ts]));
  return marks
    .filter(({ name }) => name.startsWith('from'))
    .map(({ name, ts }) => {
      const to = ends.get(name.replace('from', 'to'));
      const { cpu, wall } = between(tasks, ts, to);
      return { cpu, wall, script: between(scripts, ts, to).cpu };
    });
}

function outermost(events) {
  let end = 0;
  return events.filter(({ ts, dur = 0 }) => {
    if (ts < end) return false;
    end = ts + dur;
    return true;
  });
}

const isMark = (cat) => cat.includes('blink.user_timing');

function between(tasks, from, to) {
  let cpu = 0;
  let wall = 0;
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    const inside = Math.min(ts + dur, to) - Math.max(ts, from);
    if (inside <= 0) continue;
    wall += inside / 1000;
    cpu += ((dur === 0 ? 0 : inside / dur) * tdur) / 1000;
  }
  return { cpu, wall };
}
