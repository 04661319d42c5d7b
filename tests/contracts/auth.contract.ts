/** What every `AuthProvider` with forms of ours must do; run against each adapter. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AuthMail, AuthProvider, PasswordAuth, SessionChange } from "@/lib/integrations/auth/port";
import { expectPlainWords } from "@/tests/support/vendor-faults";

export interface AuthVendor {
  provider: AuthProvider;
  /** The same provider as it is served over https. */
  overHttps: AuthProvider;
  /** Mails that it had enqueued, the newest last. */
  mails: AuthMail[];
  /** Until it is healed, no mail can be enqueued. */
  breakMail(isBroken: boolean): void;
  /** Lets every token that was mailed so far, and every session, run out. */
  expireEverything(): Promise<void>;
  stop(): Promise<void>;
}

export function describePasswordAuth(name: string, start: () => Promise<AuthVendor>): void {
  describe(`auth: ${name}`, () => {
    let vendor: AuthVendor;
    const get = () => vendor;
    beforeAll(async () => {
      vendor = await start();
    });
    afterAll(() => vendor?.stop());

    describeSigningUp(get);
    describeSessions(get);
    describeResets(get);
  });
}

type Get = () => AuthVendor;

const PASSWORD = "correct horse battery";
const NO_HEADERS = new Headers();

function passwordOf(vendor: AuthVendor): PasswordAuth {
  const { password } = vendor.provider;
  if (!password) throw new Error("this contract is for providers with passwords");
  return password;
}

/** The browser's side of a session: what it sends after it was handed these cookies. */
function browserWith(change: SessionChange): Headers {
  const kept = change.cookies.filter(({ options, value }) => options.maxAge !== 0 && value !== "");
  return new Headers({ cookie: kept.map(({ name, value }) => `${name}=${value}`).join("; ") });
}

const newPerson = () => ({ name: "Ann Example", email: `${randomUUID()}@example.com`, password: PASSWORD });

const mailTo = (vendor: AuthVendor, email: string) => vendor.mails.findLast(({ to }) => to === email);

function tokenFor(vendor: AuthVendor, email: string): string {
  const mail = mailTo(vendor, email);
  if (!mail || !("token" in mail)) throw new Error(`no mail with a token for ${email}`);
  return mail.token;
}

/** Somebody with a verified address, signed in. */
async function newMember(vendor: AuthVendor) {
  const person = newPerson();
  const password = passwordOf(vendor);
  await password.signUp(person);
  const token = tokenFor(vendor, person.email);
  const headers = browserWith(await password.verifyEmail({ token, headers: NO_HEADERS }));
  return { ...person, headers };
}

const signIn = async (vendor: AuthVendor, person: { email: string; password: string }) =>
  browserWith(await passwordOf(vendor).signIn({ ...person, headers: NO_HEADERS }));

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    (answer) => {
      throw new Error(`answered ${JSON.stringify(answer)}`);
    },
    (thrown: unknown) => thrown,
  );
  expectPlainWords(error);
  return error;
}

function describeSigningUp(get: Get) {
  describe("signing up", () => {
    test("has a mail enqueued, and signs nobody in before the address is confirmed", async () => {
      const person = newPerson();
      expect(await passwordOf(get()).signUp(person)).toBeUndefined();
      expect(mailTo(get(), person.email)).toMatchObject({ kind: "verify-email", name: person.name });
      const early = await failureOf(passwordOf(get()).signIn({ ...person, headers: NO_HEADERS }));
      expect(early).toMatchObject({ code: "forbidden" });
    });

    test("ends in a session once the mailed link is followed", async () => {
      const { headers, email, name } = await newMember(get());
      expect(await get().provider.getIdentity(headers)).toEqual({
        provider: get().provider.id,
        subject: expect.any(String),
        email,
        emailVerified: true,
        name,
      });
    });

    test("with a taken address answers the same, changes nothing, and tells its owner", async () => {
      const owner = await newMember(get());
      const outcome = await passwordOf(get()).signUp({ ...owner, name: "Eve", password: "another password" });
      expect(outcome).toBeUndefined();
      expect(mailTo(get(), owner.email)).toMatchObject({ kind: "already-registered", name: owner.name });
      await expect(signIn(get(), { ...owner, password: "another password" })).rejects.toMatchObject({
        code: "unauthenticated",
      });
      expect(await get().provider.getIdentity(owner.headers)).toMatchObject({ name: owner.name });
    });

    test.each([
      ["a password that is too short", { password: "short" }, "password"],
      ["a password that is too long", { password: "x".repeat(129) }, "password"],
      ["something that is no address", { email: "nobody" }, "email"],
    ])("with %s is refused, naming the field", async (_name, changes, field) => {
      const error = await failureOf(passwordOf(get()).signUp({ ...newPerson(), ...changes }));
      expect(error).toMatchObject({ code: "invalid_input", fields: { [field]: expect.any(String) } });
    });

    test("can have its mail again; for an unknown or a confirmed address nothing happens, and nothing is said", async () => {
      const person = newPerson();
      await passwordOf(get()).signUp(person);
      const before = get().mails.length;
      await passwordOf(get()).resendVerification({ email: person.email });
      expect(get().mails.length).toBe(before + 1);
      const member = await newMember(get());
      const after = get().mails.length;
      expect(await passwordOf(get()).resendVerification({ email: "nobody@example.com" })).toBeUndefined();
      expect(await passwordOf(get()).resendVerification({ email: member.email })).toBeUndefined();
      expect(get().mails.length).toBe(after);
    });

    test("does not say that a mail is on its way when none could be written", async () => {
      const person = newPerson();
      const member = await newMember(get());
      get().breakMail(true);
      for (const call of [
        () => passwordOf(get()).signUp(person),
        () => passwordOf(get()).requestPasswordReset({ email: member.email }),
      ]) {
        expect(await failureOf(call())).toMatchObject({ code: "unavailable" });
      }
      get().breakMail(false);
      // Trying again mends it, though the account may have been made the first time.
      await passwordOf(get()).signUp(person);
      expect(mailTo(get(), person.email)).toBeDefined();
    });

    test("does not tell by its speed whether an address is known", async () => {
      const member = await newMember(get());
      const timeOf = async (call: Promise<unknown>) => {
        const startedAt = performance.now();
        await call;
        return performance.now() - startedAt;
      };
      for (const email of [member.email, "nobody@example.com"]) {
        expect(await timeOf(passwordOf(get()).requestPasswordReset({ email }))).toBeGreaterThan(450);
        expect(await timeOf(passwordOf(get()).resendVerification({ email }))).toBeGreaterThan(450);
      }
      expect(await timeOf(passwordOf(get()).signUp({ ...member }))).toBeGreaterThan(450);
    });

    test("is not confirmed by a link that is wrong, changed, or somebody else's kind", async () => {
      const person = newPerson();
      await passwordOf(get()).signUp(person);
      const token = tokenFor(get(), person.email);
      const changed = token.slice(0, -4) + (token.endsWith("AAAA") ? "BBBB" : "AAAA");
      for (const wrong of ["", "nonsense", changed]) {
        const error = await failureOf(passwordOf(get()).verifyEmail({ token: wrong, headers: NO_HEADERS }));
        expect(error).toMatchObject({ code: "invalid_input" });
      }
      await expect(signIn(get(), person)).rejects.toMatchObject({ code: "forbidden" });
    });
  });
}

function describeSessions(get: Get) {
  describe("a session", () => {
    test("begins with the right pair alone, and does not say which half was wrong", async () => {
      const member = await newMember(get());
      const headers = await signIn(get(), member);
      expect(await get().provider.getIdentity(headers)).toMatchObject({ email: member.email });
      const wrongPassword = await failureOf(signIn(get(), { ...member, password: "not the password" }));
      const wrongAddress = await failureOf(signIn(get(), { ...member, email: "nobody@example.com" }));
      expect(wrongPassword).toMatchObject({ code: "unauthenticated" });
      const words = (error: unknown) => (error as { userMessage: string }).userMessage;
      expect(words(wrongAddress)).toBe(words(wrongPassword));
    });

    test("is in cookies that no script reads, no other site sends, and plain http never sees", async () => {
      const member = await newMember(get());
      const { password } = get().overHttps;
      if (!password) throw new Error("this contract is for providers with passwords");
      const { cookies } = await password.signIn({ ...member, headers: NO_HEADERS });
      expect(cookies.length).toBeGreaterThan(0);
      for (const { options, name } of cookies) {
        expect(options, name).toMatchObject({ httpOnly: true, secure: true, path: "/" });
        expect(["lax", "strict"], name).toContain(options.sameSite);
      }
    });

    test.each(["", "nonsense", "breakwater.session_token=nonsense", "breakwater.session_token=a.b"])(
      "is not there for the cookie %j",
      async (cookie) => {
        expect(await get().provider.getIdentity(new Headers({ cookie }))).toBeNull();
      },
    );

    test("is not there for a cookie with somebody else's signature", async () => {
      const [ann, bob] = [await newMember(get()), await newMember(get())];
      const firstCookie = (headers: Headers) =>
        (headers.get("cookie") ?? "").split("; ")[0]?.split("=") ?? [];
      const [name, mine = ""] = firstCookie(ann.headers);
      const [, theirs = ""] = firstCookie(bob.headers);
      const mixed = `${decodeURIComponent(mine).split(".")[0]}.${decodeURIComponent(theirs).split(".")[1]}`;
      const headers = new Headers({ cookie: `${name}=${encodeURIComponent(mixed)}` });
      expect(await get().provider.getIdentity(headers)).toBeNull();
    });

    test("ends when its person signs out, for whoever has copied its cookies too", async () => {
      const { headers } = await newMember(get());
      const change = await get().provider.signOut(headers);
      expect(await get().provider.getIdentity(headers)).toBeNull();
      expect(change.cookies.every(({ options, value }) => options.maxAge === 0 || value === "")).toBe(true);
      expect(change.cookies.length).toBeGreaterThan(0);
    });

    test("of another browser goes on when one signs out, and ends when all are", async () => {
      const member = await newMember(get());
      const [here, there] = [await signIn(get(), member), await signIn(get(), member)];
      await get().provider.signOut(member.headers);
      expect(await get().provider.getIdentity(there)).not.toBeNull();
      await get().provider.signOutEverywhere(here);
      expect(await get().provider.getIdentity(here)).toBeNull();
      expect(await get().provider.getIdentity(there)).toBeNull();
    });

    test("is nobody's to end without one", async () => {
      await expect(get().provider.signOut(NO_HEADERS)).resolves.toBeDefined();
      expect(await failureOf(get().provider.signOutEverywhere(NO_HEADERS))).toMatchObject({
        name: "AppError",
      });
      expect(await failureOf(get().provider.updateName({ name: "Eve", headers: NO_HEADERS }))).toMatchObject({
        name: "AppError",
      });
    });

    test("knows a changed name at once", async () => {
      const { headers } = await newMember(get());
      await get().provider.updateName({ name: "Ann Other", headers });
      expect(await get().provider.getIdentity(headers)).toMatchObject({ name: "Ann Other" });
    });
  });
}

function describeResets(get: Get) {
  describe("a forgotten password", () => {
    const NEW_PASSWORD = "a new and longer password";

    test("is replaced through a mailed link, and every session ends", async () => {
      const member = await newMember(get());
      await passwordOf(get()).requestPasswordReset({ email: member.email });
      expect(mailTo(get(), member.email)).toMatchObject({ kind: "reset-password", name: member.name });
      const token = tokenFor(get(), member.email);
      await passwordOf(get()).resetPassword({ token, password: NEW_PASSWORD });
      expect(await get().provider.getIdentity(member.headers)).toBeNull();
      await expect(signIn(get(), member)).rejects.toMatchObject({ code: "unauthenticated" });
      await expect(signIn(get(), { ...member, password: NEW_PASSWORD })).resolves.toBeDefined();
    });

    test("is replaced once by a link", async () => {
      const member = await newMember(get());
      await passwordOf(get()).requestPasswordReset({ email: member.email });
      const token = tokenFor(get(), member.email);
      await passwordOf(get()).resetPassword({ token, password: NEW_PASSWORD });
      const again = passwordOf(get()).resetPassword({ token, password: "a third, much longer one" });
      expect(await failureOf(again)).toMatchObject({ code: "invalid_input" });
    });

    test("is not replaced by a wrong link, nor by too short a one", async () => {
      const member = await newMember(get());
      const wrong = passwordOf(get()).resetPassword({ token: "nonsense", password: NEW_PASSWORD });
      expect(await failureOf(wrong)).toMatchObject({ code: "invalid_input" });
      await passwordOf(get()).requestPasswordReset({ email: member.email });
      const token = tokenFor(get(), member.email);
      const short = passwordOf(get()).resetPassword({ token, password: "short" });
      expect(await failureOf(short)).toMatchObject({
        code: "invalid_input",
        fields: { password: expect.any(String) },
      });
      await expect(signIn(get(), member)).resolves.toBeDefined();
    });

    test("of nobody is asked for without a word and without a mail", async () => {
      const before = get().mails.length;
      expect(await passwordOf(get()).requestPasswordReset({ email: "nobody@example.com" })).toBeUndefined();
      expect(get().mails.length).toBe(before);
    });

    test("is not replaced by a link that has run out, and an old session is none", async () => {
      const member = await newMember(get());
      await passwordOf(get()).requestPasswordReset({ email: member.email });
      const token = tokenFor(get(), member.email);
      await get().expireEverything();
      const late = passwordOf(get()).resetPassword({ token, password: NEW_PASSWORD });
      expect(await failureOf(late)).toMatchObject({ code: "invalid_input" });
      expect(await get().provider.getIdentity(member.headers)).toBeNull();
    });
  });
}
