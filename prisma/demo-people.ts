/** Seeded in sandbox mode alone, on a database that only this machine reaches; their passwords are no secret. */
export interface DemoPerson {
  name: string;
  email: string;
  password: string;
  /** Said beside the sign-in. */
  role: string;
}

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  {
    name: "Casey Customer",
    email: "customer@breakwater.example",
    password: "demo-customer",
    role: "customer",
  },
  {
    name: "Olli Operator",
    email: "operator@breakwater.example",
    password: "demo-operator",
    role: "operator",
  },
];

/** For ADMIN_EMAILS. */
export const DEMO_OPERATORS = DEMO_PEOPLE.filter(({ role }) => role === "operator").map(({ email }) => email);
