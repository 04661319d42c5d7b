import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { FormFailure } from "@/components/forms/form-failure";

const shown = (reference?: string) =>
  renderToStaticMarkup(
    <FormFailure failure={{ code: "unavailable", message: "Please try again.", reference }} />,
  ).replace(/<[^>]*>/g, " ");

test("a failure whose cause must be looked for is shown with its reference", () => {
  expect(shown("3f9a1c2e")).toMatch(/Please try again\.\s+Reference\s+3f9a1c2e\s*, should you write to us\./);
});

test("any other is shown without", () => {
  expect(shown()).toContain("Please try again.");
  expect(shown()).not.toContain("Reference");
});
