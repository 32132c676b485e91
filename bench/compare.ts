/** Runs ways of doing one thing side by side, in turn, and prints their medians as ratios to the first. */
import { cpus } from 'node:os'

export interface Contender {
  readonly name: string
  /** One round of the work, on new state; gives back something that depends on all of it. */
  run(): number
}

const ROUNDS = 15
const ROUND_MS = 60

/**
 * @param question what the numbers answer
 * @param unit what one round is divided by, `event`, and how many of them it holds
 */
export function compare(
  question: string,
  unit: { readonly name: string; readonly count: number },
  contenders: readonly Contender[],
): void {
  const runs = contenders.map(contender => ({ contender, times: [] as number[], repeats: warmUp(contender) }))
  for (let round = 0; round < ROUNDS; round++)
    for (const { contender, times, repeats } of runs) times.push(timeOf(contender, repeats) / unit.count)
  const medians = runs.map(({ times }) => median(times))
  const [floor = 1] = medians
  console.log(`\n${question}\nNode ${process.versions.node}, ${cpus()[0]?.model.trim()}, ${ROUNDS} rounds in turn\n`)
  console.log(`| way | ns a ${unit.name} (median) | spread | ratio |\n|---|---|---|---|`)
  runs.forEach(({ contender, times }, at) => {
    const spread = `${Math.round(Math.min(...times))}–${Math.round(Math.max(...times))}`
    console.log(
      `| ${contender.name} | ${(medians[at] as number).toFixed(0)} | ${spread} | ${((medians[at] as number) / floor).toFixed(2)} |`,
    )
  })
}

let sink = 0

/** How often a round is repeated to last long enough to be timed. */
function warmUp(contender: Contender): number {
  const until = performance.now() + 4 * ROUND_MS
  let runs = 0
  while (performance.now() < until || runs === 0) {
    sink += contender.run()
    runs++
  }
  return Math.max(1, Math.ceil(runs / 4))
}

/** Nanoseconds of one run. */
function timeOf({ run }: Contender, repeats: number): number {
  const start = process.hrtime.bigint()
  for (let at = 0; at < repeats; at++) sink += run()
  return Number(process.hrtime.bigint() - start) / repeats
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number
}

process.on('exit', () => {
  if (Number.isNaN(sink)) console.log('a contender gave nothing back')
})
