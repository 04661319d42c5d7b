import { History } from "lucide-react";
import { formatMoment } from "@/app/(admin)/admin/_view/format";
import { Badge } from "@/components/ui/badge";
import { SectionCard } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { Table, TableCell, TableHead } from "@/components/ui/table";
import type { TransitionView } from "@/lib/db/integration-health";
import { EFFECT_WORDS } from "../_view/capability-words";
import { stateWords } from "../_view/circuit-words";
import { kindWords } from "../_view/outcome-words";

function TransitionRow({ transition }: { transition: TransitionView }) {
  const { provider, effect, from, to, cause, at } = transition;
  const { label, tone } = stateWords(to);
  const because = cause === null ? "–" : kindWords(cause);
  return (
    <tr>
      <TableCell className="sm:whitespace-nowrap">
        <time dateTime={at.toISOString()}>{formatMoment(at)}</time>
        <span className="block text-muted sm:hidden">{because}</span>
      </TableCell>
      <TableCell>
        <span className="font-medium">{provider}</span>
        <span className="block text-muted">{EFFECT_WORDS[effect]}</span>
      </TableCell>
      <TableCell className="hidden text-muted sm:table-cell">{stateWords(from).label}</TableCell>
      <TableCell>
        <Badge tone={tone}>{label}</Badge>
      </TableCell>
      <TableCell className="hidden sm:table-cell">{because}</TableCell>
    </tr>
  );
}

/** The latest steps of all breakers. */
export function HistoryTable({ transitions }: { transitions: readonly TransitionView[] }) {
  return (
    <SectionCard
      id="history"
      title="Breaker history"
      description="The latest steps, the newest first; times are UTC."
    >
      {transitions.length === 0 ? (
        <EmptyState icon={History} title="No breaker has ever opened">
          Each step stands here: when, of which provider, and why.
        </EmptyState>
      ) : (
        <Table className="tabular-nums">
          <thead>
            <tr>
              <TableHead>When</TableHead>
              <TableHead>Breaker</TableHead>
              <TableHead className="hidden sm:table-cell">From</TableHead>
              <TableHead>To</TableHead>
              <TableHead className="hidden sm:table-cell">Because of</TableHead>
            </tr>
          </thead>
          <tbody className="[&>tr:last-child>td]:border-b-0 [&>tr:last-child>td]:pb-0">
            {transitions.map((transition) => (
              <TransitionRow key={transition.id} transition={transition} />
            ))}
          </tbody>
        </Table>
      )}
    </SectionCard>
  );
}
