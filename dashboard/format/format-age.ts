const STEPS: readonly (readonly [name: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

const WORDS = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });

/** How far an instant is from now: `5 minutes ago`, `in 2 hours`. */
export function formatAge(time: string | number, nowMs: number = Date.now()): string {
  const seconds = ((typeof time === "number" ? time : Date.parse(time)) - nowMs) / 1000;
  if (!Number.isFinite(seconds)) return "unknown";
  const [name, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return WORDS.format(Math.round(seconds / size), name);
}
