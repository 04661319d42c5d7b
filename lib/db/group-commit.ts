/** Group commit: whoever wants to store something while others do goes with the next of them, in one statement. */

interface Asked<Item> {
  items: readonly Item[];
  /** It has failed together with others, and one of them may have been why. */
  isAlone: boolean;
  /** Its time is over: nobody listens any more. */
  isLate: boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface GroupCommitOptions<Item> {
  /** Stores all of them or none. */
  store: (items: readonly Item[]) => Promise<void>;
  /** How many statements at once; nobody waits while there is one to spare. */
  lanes: number;
  /** Items in one statement; what one caller brings is never divided. */
  mostItems: number;
  /** Within which each caller is answered, in milliseconds. What has not had its turn by then is not stored. */
  deadlineMs: number;
}

/** Stores a caller's items, all or none; what is wrong with one caller's is nothing to the others. */
export type GroupCommit<Item> = (items: readonly Item[]) => Promise<void>;

/**
 * Bad data, a constraint, two that waited for each other, too much at once: said of what was sent, not of the database,
 * which would only have more to do if each were sent by itself.
 */
const SAID_OF_THE_ITEMS = /^(22|23|40|54)/;

function isOfTheItems(error: unknown): boolean {
  return error instanceof Error && "code" in error && SAID_OF_THE_ITEMS.test(String(error.code));
}

export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { store, lanes, mostItems, deadlineMs } = options;
  const waiting: Asked<Item>[] = [];
  let underWay = 0;

  /** The one that has waited longest, and whoever may go with it. */
  function nextGroup(): Asked<Item>[] {
    const group: Asked<Item>[] = [];
    let size = 0;
    for (let one = waiting[0]; one; one = waiting[0]) {
      size += one.items.length;
      if (group.length > 0 && (one.isAlone || group[0]?.isAlone || size > mostItems)) break;
      waiting.shift();
      group.push(one);
    }
    return group;
  }

  async function storeTogether(group: readonly Asked<Item>[]): Promise<void> {
    try {
      await store(group.flatMap(({ items }) => items));
      for (const { resolve } of group) resolve();
    } catch (error) {
      if (group.length > 1 && isOfTheItems(error)) {
        for (const one of group) one.isAlone = true;
        waiting.unshift(...group.filter(({ isLate }) => !isLate));
      } else for (const { reject } of group) reject(error);
    }
  }

  function fillLanes(): void {
    while (underWay < lanes) {
      const group = nextGroup();
      if (group.length === 0) return;
      underWay += 1;
      void storeTogether(group).then(() => {
        underWay -= 1;
        fillLanes();
      });
    }
  }

  return (items) =>
    new Promise((resolve, reject) => {
      const over = () => {
        one.isLate = true;
        // What it brought is let go of at once: with a database that stands still, much would come together.
        const place = waiting.indexOf(one);
        if (place !== -1) waiting.splice(place, 1);
        reject(new Error("storing it took too long"));
      };
      const timer = setTimeout(over, deadlineMs);
      const ended = () => clearTimeout(timer);
      const one: Asked<Item> = {
        ...{ items, isAlone: false, isLate: false },
        resolve: () => {
          ended();
          resolve();
        },
        reject: (error) => {
          ended();
          reject(error);
        },
      };
      waiting.push(one);
      fillLanes();
    });
}
