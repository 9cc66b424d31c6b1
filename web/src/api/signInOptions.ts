import { useEffect, useState } from "react";

/** How one can sign in to this server, and whether it offers GraphiQL. */
export interface SignInOptions {
  development: boolean;
  page: string | null;
  graphiql: boolean;
}

let asked: Promise<SignInOptions> | undefined;

function ask(): Promise<SignInOptions> {
  asked ??= fetch("/sign-in/options").then(async (answer) => {
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return (await answer.json()) as SignInOptions;
  });
  asked.catch(() => (asked = undefined));
  return asked;
}

/** Null until the server has said it; a server that cannot be reached is asked again every few seconds. */
export function useSignInOptions(): SignInOptions | null {
  const [options, setOptions] = useState<SignInOptions | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let there = true;
    const read = () =>
      ask().then(
        (found) => there && setOptions(found),
        () => there && (timer = setTimeout(read, 3_000)),
      );
    void read();
    return () => {
      there = false;
      clearTimeout(timer);
    };
  }, []);
  return options;
}

/** The token of the development sign-in. Rejects with the server's sentence. */
export async function developmentToken(email: string): Promise<string> {
  const answer = await fetch("/sign-in/development", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email }),
  });
  const said = (await answer.json().catch(() => ({}))) as { token?: string; error?: string };
  if (!answer.ok || !said.token) throw new Error(said.error ?? `The server answered ${answer.status}.`);
  return said.token;
}
