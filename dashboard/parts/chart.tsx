import { areaPath, linePath, niceMax, sumBuckets } from "../format/chart-path.ts";

const WIDTH = 600;
const HEIGHT = 140;
const POINTS = 60;

interface ChartProps {
  readonly admitted: readonly number[];
  readonly refused: readonly number[];
  readonly title: string;
}

/** The last hour, minute by minute: what was admitted, and what was refused with 429. */
export function Chart({ admitted, refused, title }: ChartProps) {
  const [yes, no] = [sumBuckets(admitted, POINTS), sumBuckets(refused, POINTS)];
  const max = niceMax(Math.max(...yes, ...no, 0));
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={title}>
        {[0, 0.5, 1].map((share) => (
          <line key={share} class="chart-grid" x1="0" x2={WIDTH} y1={HEIGHT * share} y2={HEIGHT * share} />
        ))}
        <path class="chart-area" d={areaPath(yes, WIDTH, HEIGHT, max)} />
        <path class="chart-line" d={linePath(yes, WIDTH, HEIGHT, max)} />
        <path class="chart-line refused" d={linePath(no, WIDTH, HEIGHT, max)} />
      </svg>
      <figcaption>
        <span>
          <i class="dot admitted" aria-hidden="true" /> admitted
        </span>
        <span>
          <i class="dot refused" aria-hidden="true" /> refused with 429
        </span>
        <span class="chart-max">at most {max} a minute · one hour ago to now</span>
      </figcaption>
    </figure>
  );
}
