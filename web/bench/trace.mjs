/** Each adds to what it measures: so the whole is measured without what splits it up. */
export const categories = {
  whole: ['blink.user_timing', 'toplevel'],
  script: ['blink.user_timing', 'devtools.timeline'],
};

const tasksOf = { whole: 'ThreadControllerImpl::RunTask', script: 'FunctionCall' };

/**
 * From a trace of Chromium: what the page's main thread did between each pair of marks `from NAME` and
 * `to NAME`, in ms, as a list of { kind, cpu, wall }: all of it, or the page's own code.
 */
export function costs(events, what) {
  const marks = events.filter(({ cat, name }) => isMark(cat) && MARK.test(name));
  const [{ pid, tid }] = marks;
  const own = events
    .filter((one) => one.ph === 'X' && one.pid === pid && one.tid === tid)
    .filter(({ name }) => name === tasksOf[what])
    .toSorted((a, b) => a.ts - b.ts);
  const tasks = outermost(own);
  const ends = new Map(marks.map(({ name, ts }) => [name, ts]));
  return marks
    .filter(({ name }) => name.startsWith('from'))
    .map(({ name, ts }) => ({
      kind: MARK.exec(name)[1] ?? 'change',
      ...between(tasks, ts, ends.get(name.replace('from', 'to'))),
    }));
}

function outermost(events) {
  let end = 0;
  return events.filter(({ ts, dur = 0 }) => {
    if (ts < end) return false;
    end = ts + dur;
    return true;
  });
}

/** What is marked: a number, and its kind where it is no change. */
const MARK = /^(?:from|to) \d+(?: (empty|letter))?$/;

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
