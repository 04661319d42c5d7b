import { expect, it } from "vitest";
import { type Part, startPart } from "@/scripts/stack/processes";
