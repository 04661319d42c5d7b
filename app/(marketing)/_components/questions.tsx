import { ChevronDown } from "lucide-react";
import { PAST_DUE_GRACE_DAYS } from "@/lib/billing/status";

const QUESTIONS = [
  {
    question: "Can I change the plan later?",
    answer:
      "At any time, up or down, monthly or yearly. What you have paid for and not used yet is counted towards the new price, and a page says so before you confirm.",
  },
  {
    question: "What happens when I cancel?",
    answer:
      "You keep the plan until the end of the time you have paid for, and nothing more is charged. Until that day you can resume with one press. After it, the workspace goes to Free and your data stays.",
  },
  {
    question: "What if a payment fails?",
    answer: `You hear from us by e-mail and see it on your billing page. You keep the plan for ${PAST_DUE_GRACE_DAYS} days while we try again, so a lost card does not stop your work.`,
  },
  {
    question: "Where do my card details go?",
    answer:
      "To the payment page only. This product never sees or stores a card number; it knows the last four digits, so that you can tell which card is used.",
  },
  {
    question: "What if I have more projects than a smaller plan allows?",
    answer: "They all stay as they are. You can add new ones again once there is room.",
  },
];

export function Questions() {
  return (
    <div className="divide-y border-y">
      {QUESTIONS.map(({ question, answer }) => (
        <details key={question} className="group">
          <summary className="flex min-h-16 items-center justify-between gap-4 font-medium [&::-webkit-details-marker]:hidden">
            {question}
            <ChevronDown aria-hidden="true" className="size-5 shrink-0 text-muted group-open:rotate-180" />
          </summary>
          <p className="max-w-2xl pb-6 leading-relaxed text-muted">{answer}</p>
        </details>
      ))}
    </div>
  );
}
