import { eventually } from "./poll";
import { startWorker, type Worker } from "./reliability-workers";

/** A number of workers that is kept up: for each that is killed another one starts, and comes when it is ready. */
export async function startCrew(size: number, random: () => number) {
  const crew = new Set<Worker>();
  const starting = new Set<Promise<void>>();
  let killed = 0;
  const hire = async () => {
    const one = await startWorker();
    crew.add(one);
    one.run();
  };
  await Promise.all(Array.from({ length: size }, hire));
  return {
    killOne: async () => {
      await eventually("a worker to kill", async () => crew.size > 0);
      const victim = [...crew][Math.floor(random() * crew.size)];
      if (!victim) throw new Error("there is nobody to kill");
      crew.delete(victim);
      await victim.stop();
      killed += 1;
      const hired = hire().finally(() => starting.delete(hired));
      starting.add(hired);
    },
    killed: () => killed,
    rest: async () => {
      await Promise.all(starting);
      await Promise.all([...crew].map((one) => one.rest()));
    },
    run: () => {
      for (const one of crew) one.run();
    },
    stop: async () => {
      await Promise.allSettled(starting);
      await Promise.all([...crew].map((one) => one.stop()));
    },
  };
}
