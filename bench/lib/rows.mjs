// The rows of the first table: what wsload is asked, which figure counts, and the goal.
// `goal`: at most this many times the floor's. `most`: at most this much.

const perDelivery = (r) => r.measure.server_and_ksoftirqd_us_per_delivery;
const delivery = (id, title, goal, ...args) => ({
  id,
  title,
  goal,
  args: (seconds) => [...args, "--duration", seconds],
  value: perDelivery,
  also: { rate: (r) => r.measure.deliveries_per_s, p99_ms: (r) => r.measure.latency_us.p99 / 1000, lost: (r) => r.measure.lost },
  unit: "µs per delivery",
});
const bytes = (r) => r.memory.bytes_per_connection;

export const rows = [
  delivery("fan1k_w1", "1,000 subscribers, one publish at a time", 1.05, "--conns", 1000, "--window", 1),
  delivery("fan1k_w16", "1,000 subscribers, 16 publishes in flight", 1.08, "--conns", 1000, "--window", 16),
  delivery("fan10k_w1", "10,000 subscribers, one at a time", 1.02, "--conns", 10000, "--window", 1),
  delivery("fan10k_w4", "10,000 subscribers, 4 in flight", 1.08, "--conns", 10000, "--window", 4),
  delivery("fan10k_r2", "10,000 subscribers, 2 publishes a second", 1.02, "--conns", 10000, "--rate", 2),
  delivery("top10k_w64", "10,000 topics, one subscriber each, 64 in flight", 1.05, "--mode", "topics", "--conns", 10000, "--window", 64),
  {
    id: "idle10k",
    title: "resident memory per idle joined connection, 10,000",
    most: 455,
    args: () => ["--mode", "idle", "--conns", 10000, "--prewarm", 100, "--idle", 0.5],
    value: bytes,
    also: { connect_us: (r) => r.connect.server_and_ksoftirqd_us_per_connection },
    unit: "bytes",
  },
  {
    id: "idle19k",
    title: "resident memory per idle joined connection, 19,900",
    most: 455,
    args: () => ["--mode", "idle", "--conns", 19900, "--prewarm", 100, "--idle", 0.5],
    value: bytes,
    unit: "bytes",
  },
  {
    id: "joins",
    title: "resident memory per further join, 100 topics on each of 1,000 connections",
    most: 80,
    args: () => ["--mode", "idle", "--conns", 1000, "--topics", 100, "--topics-per-conn", 100, "--prewarm", 100, "--idle", 0.5],
    before: () => ["--mode", "idle", "--conns", 1000, "--topics", 100, "--prewarm", 100, "--idle", 0.5],
    value: (r, before) => (bytes(r) - bytes(before)) / 99,
    unit: "bytes",
  },
  {
    id: "heartbeat",
    title: "CPU per heartbeat answered, 10,000 connections",
    goal: 38 / 34,
    args: (seconds) => ["--mode", "idle", "--conns", 10000, "--heartbeat", 30, "--idle", 2 * seconds],
    value: (r) => r.idle.server_and_ksoftirqd_us_per_heartbeat,
    also: { p99_us: (r) => r.idle.heartbeat_us?.p99 / 1000, lost: (r) => r.idle.connections_lost },
    unit: "µs",
  },
  {
    id: "churn",
    title: "CPU per connect, join, leave, close",
    goal: 57 / 49,
    args: (seconds) => ["--mode", "churn", "--concurrency", 50, "--duration", seconds],
    value: (r) => r.churn.server_and_ksoftirqd_us_per_cycle,
    also: { failed: (r) => r.churn.failed },
    unit: "µs",
  },
  {
    id: "connect",
    title: "CPU per connect and join",
    goal: 40 / 28,
    args: () => ["--mode", "idle", "--conns", 10000, "--prewarm", 100, "--idle", 0.1],
    value: (r) => r.connect.server_and_ksoftirqd_us_per_connection,
    also: { failed: (r) => r.connect.failed },
    unit: "µs",
  },
  {
    id: "storm",
    title: "all 10,000 drop and come back: seconds until 99 % are joined again",
    goal: 1.2,
    args: () => ["--mode", "storm", "--conns", 10000, "--rounds", 2],
    value: (r) => Math.max(r.storm1.t99_s, r.storm2.t99_s),
    also: { failed: (r) => r.storm1.failed + r.storm2.failed, us_each: (r) => r.storm2.server_and_ksoftirqd_us_per_connection },
    unit: "s",
  },
];
