/** One measured figure; `ratio` is over `floor`, which the same run measured. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  floor?: number;
  ratio?: number;
  target: string;
  ok: boolean;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** A figure that is to reach a share of its floor; `ratio` where it was measured more closely than by the two values. */
export function shareOfFloor(name: string, unit: string, value: number, floor: number, share: number, ratio = value / floor): Figure {
  return {
    name,
    value: rounded(value),
    unit,
    floor: rounded(floor),
    ratio: rounded(ratio),
    target: `>= ${share} of the floor`,
    ok: ratio >= share,
  };
}

/** A figure that is not to pass a limit. */
export const atMost = (name: string, unit: string, value: number, limit: number): Figure => ({
  name,
  value: rounded(value),
  unit,
  target: `<= ${limit}`,
  ok: value <= limit,
});

/** A figure that is to reach a number. */
export const atLeast = (name: string, unit: string, value: number, least: number): Figure => ({
  name,
  value: rounded(value),
  unit,
  target: `>= ${least}`,
  ok: value >= least,
});

/** A figure without a target. */
export const reported = (name: string, unit: string, value: number): Figure => ({
  name,
  value: rounded(value),
  unit,
  target: 'reported',
  ok: true,
});

/** The value below which `share` of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** The closing line of every bench: one JSON object on stdout. */
export function print(bench: string, figures: readonly Figure[]): void {
  console.log(JSON.stringify({ bench, figures }));
}
