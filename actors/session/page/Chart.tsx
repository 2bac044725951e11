import { cost, count, t } from "@starpod/page";
import { dayWords, type Bar, type Chart as ChartData, type Measure } from "./bars";
import { known } from "./state";

interface ChartProps {
  readonly chart: ChartData;
  readonly measure: Measure;
}

/** Units of the picture: a bar is 10 wide, the axis 100 high. */
const [STEP, WIDTH, HEIGHT, MARK] = [10, 8, 100, 3];

const amount = (measure: Measure, value: number) => (measure === "cost" ? cost(value) : count(value));

/** Stacked bars. What it shows stands in the table below as well. */
export function Chart({ chart, measure }: ChartProps) {
  const { bars, colours, models, top } = chart;
  const [first, last] = [bars[0], bars.at(-1)];
  return (
    <figure class="spending">
      <div class="spending-axis quiet" aria-hidden="true">
        <span>{amount(measure, top)}</span>
        <span>{amount(measure, top / 2)}</span>
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${bars.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={inWords(chart, measure)}
      >
        <path class="spending-line" d={`M0 0H${bars.length * STEP}M0 50H${bars.length * STEP}`} />
        {bars.map((bar, index) => (
          <Column key={bar.name} bar={bar} x={index * STEP} chart={chart} measure={measure} />
        ))}
      </svg>
      <div class="spending-days quiet" aria-hidden="true">
        {first !== undefined && <span>{dayWords(first.name)}</span>}
        {last !== undefined && last !== first && <span>{dayWords(last.name)}</span>}
      </div>
      <figcaption class="spending-legend quiet">
        {models.map((model) => (
          <span key={model}>
            <i class={`swatch part-${colours.indexOf(model)}`} aria-hidden="true" />
            <bdi>{model}</bdi>
          </span>
        ))}
        {bars.some(({ unpriced }) => unpriced > 0) && (
          <span>
            <i class="swatch unpriced" aria-hidden="true" />
            {t("calls whose price is not known")}
          </span>
        )}
      </figcaption>
    </figure>
  );
}

interface ColumnProps extends ChartProps {
  readonly bar: Bar;
  readonly x: number;
}

function Column({ bar, x, chart: { colours, top }, measure }: ColumnProps) {
  let y = HEIGHT;
  const place = x + (STEP - WIDTH) / 2;
  return (
    <g>
      <title>{columnWords(bar, measure)}</title>
      <rect class="spending-whole" x={x} y={0} width={STEP} height={HEIGHT} />
      {bar.parts.map(({ model, value }) => {
        const height = (value / top) * HEIGHT;
        y -= height;
        const part = `part-${colours.indexOf(model)}`;
        return <rect key={model} class={part} x={place} y={y} width={WIDTH} height={height} />;
      })}
      {bar.unpriced > 0 && (
        <rect class="unpriced" x={place} y={Math.max(0, y - MARK)} width={WIDTH} height={MARK} />
      )}
    </g>
  );
}

function columnWords({ name, parts, sum, unpriced }: Bar, measure: Measure): string {
  const whole = measure === "cost" ? sumWords(sum, unpriced) : t("{count} tokens", { count: count(sum) });
  const lines = parts.map(({ model, value }) => `${model}: ${amount(measure, value)}`);
  return [`${dayWords(name)}: ${whole}`, ...(parts.length > 1 ? lines.reverse() : lines)].join("\n");
}

const sumWords = (sum: number, unpriced: number) => known(sum === 0 && unpriced > 0 ? null : sum, unpriced);

function inWords({ bars }: ChartData, measure: Measure): string {
  const [first, last] = [bars[0], bars.at(-1)];
  const most = bars.reduce<Bar | undefined>((one, bar) => (bar.sum > (one?.sum ?? 0) ? bar : one), undefined);
  const monthly = first?.name.length === 7;
  const what =
    measure === "cost"
      ? monthly
        ? t("Cost of each month")
        : t("Cost of each day")
      : monthly
        ? t("Tokens of each month")
        : t("Tokens of each day");
  const span =
    first && last
      ? t(" from {first} to {last}", { first: dayWords(first.name), last: dayWords(last.name) })
      : "";
  const peak = most
    ? t("; the most, {amount}, on {day}", { amount: amount(measure, most.sum), day: dayWords(most.name) })
    : "";
  return t("Chart: {what}{span}{peak}. The table below has it all.", { what, span, peak });
}
