import { Alert, Button, Card, Center, Divider, Loader, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { Info } from "lucide-react";
import { useState, type FormEvent } from "react";

import { session, signInAddress } from "../../api/session";
import { developmentToken, useSignInOptions } from "../../api/signInOptions";

/** Stands at every address while nobody is signed in, so that the address is kept for after. */
export default function SignInPage() {
  useDocumentTitle("Sign in · AgriDrone Ops");
  const options = useSignInOptions();
  const page = options?.page;
  const notice = session.notice();
  return (
    <Center mih="100dvh" p="md" component="main">
      <Card withBorder padding="xl" w="100%" maw={420} shadow="sm">
        <Stack>
          <Stack align="center" gap="xs">
            <img src="/leaf.svg" alt="" width={48} height={48} />
            <Title order={1} size="h2">
              AgriDrone Ops
            </Title>
            <Text c="dimmed" ta="center" size="sm">
              Dataset versions, training and detection for drone imagery, on your own machines.
            </Text>
          </Stack>
          {notice && (
            <Alert color="yellow" icon={<Info aria-hidden />} role="status">
              {notice}
            </Alert>
          )}
          {options === null && (
            <Center py="md">
              <Loader aria-label="Asking the server how one signs in" />
            </Center>
          )}
          {page && (
            <Button size="md" onClick={() => window.location.assign(signInAddress(page, window.location.href))}>
              Sign in
            </Button>
          )}
          {options?.development && <DevelopmentSignIn />}
          {options && (options.page || options.development) && <Divider label="or with a token" />}
          {options && <TokenSignIn />}
        </Stack>
      </Card>
    </Center>
  );
}

function DevelopmentSignIn() {
  const [email, setEmail] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      session.signIn(await developmentToken(email));
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label="E-mail address"
          description="Development sign-in: this server listens on this machine only, so no password is asked."
          placeholder="you@example.org"
          type="email"
          autoComplete="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={problem}
          required
        />
        <Button type="submit" loading={busy}>
          Sign in on this machine
        </Button>
      </Stack>
    </form>
  );
}

function TokenSignIn() {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    const refused = await refusal(token.trim());
    setBusy(false);
    if (refused) setProblem(refused);
    else session.signIn(token.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Textarea
          label="Token"
          description={
            <>
              As <code>agridrone token --email you@example.org</code> prints it on the server.
            </>
          }
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={problem}
          autosize
          maxRows={4}
          required
          spellCheck={false}
        />
        <Button type="submit" variant="default" loading={busy}>
          Sign in with the token
        </Button>
      </Stack>
    </form>
  );
}

/** Why the server does not take the token; null when it does. */
async function refusal(token: string): Promise<string | null> {
  try {
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: "{ viewer { id } }" }),
    });
    const { errors } = (await answer.json()) as { errors?: { message: string }[] };
    return errors?.[0]?.message ?? null;
  } catch {
    return "The server cannot be reached, or the token has signs in it that none has.";
  }
}
