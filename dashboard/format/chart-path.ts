/** Adds neighbours together, so that a chart has at most `count` points. */
export function sumBuckets(values: readonly number[], count: number): number[] {
  const size = Math.max(1, Math.ceil(values.length / count));
  const sums: number[] = [];
  for (let start = 0; start < values.length; start += size)
    sums.push(values.slice(start, start + size).reduce((sum, value) => sum + value, 0));
  return sums;
}

/** The outline of an area under values, as the `d` of an SVG path. */
export function areaPath(values: readonly number[], width: number, height: number, max: number): string {
  return values.length < 2 ? "" : `${linePath(values, width, height, max)}L${width} ${height}L0 ${height}Z`;
}

/** Straight lines between values. */
export function linePath(values: readonly number[], width: number, height: number, max: number): string {
  if (values.length < 2) return "";
  const step = width / (values.length - 1);
  const points = values.map((value, index) => {
    const y = height - (Math.min(value, max) / Math.max(max, 1)) * height;
    return `${round(index * step)} ${round(y)}`;
  });
  return `M${points.join("L")}`;
}

/** The least of 1, 2 or 5 times a power of ten that is at least the value. */
export function niceMax(value: number): number {
  if (value <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= value) ?? value;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
