/** Seeded in sandbox mode alone, on a database that only this machine reaches; their passwords are no secret. */
export interface DemoPerson {
  name: string;
  email: string;
  password: string;
  /** Said beside the sign-in. */
  role: string;
}

const DEMO_OPERATOR_EMAIL = "operator@breakwater.example";

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  {
    name: "Casey Customer",
    email: "customer@breakwater.example",
    password: "demo-customer",
    role: "customer",
  },
  { name: "Olli Operator", email: DEMO_OPERATOR_EMAIL, password: "demo-operator", role: "operator" },
];
