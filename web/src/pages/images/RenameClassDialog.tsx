import { Alert, Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Info } from "lucide-react";
import { useState, type FormEvent } from "react";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import { useProject } from "../../api/projectContext";
import { counted } from "../../components/numbers";
import { RENAME_CLASS } from "./documents";

/** Gives a class another name; where that exists already, the two become one. */
export function RenameClassDialog({ opened, first, onClose }: { opened: boolean; first: string | null; onClose: () => void }) {
  const phone = useMediaQuery("(max-width: 48em)") ?? false;
  return (
    <Modal opened={opened} onClose={onClose} title="Rename a class" fullScreen={phone}>
      <Form first={first} onClose={onClose} />
    </Modal>
  );
}

function Form({ first, onClose }: { first: string | null; onClose: () => void }) {
  const { id, classCounts } = useProject();
  const [from, setFrom] = useState(first ?? classCounts[0]?.name ?? "");
  const [to, setTo] = useState("");
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [rename, busy] = useAction(RENAME_CLASS, (data) => data.renameClass, { say: false });
  const name = to.trim();
  const joined = name === from ? undefined : classCounts.find((one) => one.name === name);
  const own = classCounts.find((one) => one.name === from);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { payload, problems: found } = await rename({ projectId: id, from, to: name });
    setProblems(byField(found, ["from", "to"]));
    if (!payload) return;
    tell(`${counted(payload.changed, "annotation")} renamed to ${name}.`);
    onClose();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <Select
          label="Class"
          data={classCounts.map((one) => one.name)}
          value={from}
          onChange={(value) => setFrom(value ?? from)}
          allowDeselect={false}
          error={problems.from}
        />
        <TextInput
          label="New name"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          error={problems.to ?? problems[""]}
          required
          data-autofocus
        />
        {joined && (
          <Alert color="yellow" variant="light" icon={<Info aria-hidden />} title="Two classes become one">
            {counted(own?.annotations ?? 0, "annotation")} of {from} join {counted(joined.annotations, "annotation")} of{" "}
            {joined.name}. They cannot be told apart afterwards. Versions that exist keep both.
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={name === "" || name === from}>
            {joined ? "Merge classes" : "Rename class"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
