import { t } from "../boot";
import { clock, percent } from "../format";
import type { Detail } from "../types";

const [WIDTH, HEIGHT, MARGIN] = [200, 40, 3];

/** How likely it was a fire over time, from 0 to 100 %: a line, and the same in words. */
export function BeliefLine({ points }: { points: Detail["belief_history"] }) {
  const [first, last] = [points[0], points[points.length - 1]];
  if (!first || !last || points.length < 2) return null;
  const start = Date.parse(first.at);
  const length = Math.max(1, Date.parse(last.at) - start);
  const x = (at: string) => MARGIN + ((Date.parse(at) - start) / length) * (WIDTH - 2 * MARGIN);
  const y = (probability: number) => MARGIN + (1 - probability) * (HEIGHT - 2 * MARGIN);
  // A probability stands until the next one: steps, no slopes.
  const corners = points.flatMap((point, place) => {
    const before = points[place - 1];
    const step = `${x(point.at).toFixed(1)},${y(point.probability).toFixed(1)}`;
    return before ? [`${x(point.at).toFixed(1)},${y(before.probability).toFixed(1)}`, step] : [step];
  });
  const words = t("belief.history.words", {
    from: percent(first.probability),
    start: clock(first.at),
    to: percent(last.probability),
    end: clock(last.at),
    low: percent(Math.min(...points.map((point) => point.probability))),
    high: percent(Math.max(...points.map((point) => point.probability))),
  });
  return (
    <div class="beliefline">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <line x1="0" x2={WIDTH} y1={y(0.5)} y2={y(0.5)} />
        <polyline points={corners.join(" ")} />
      </svg>
      <small>{words}</small>
    </div>
  );
}
