import { Button, Combobox, Group, Kbd, Text, useCombobox } from "@mantine/core";
import { ChevronDown, Plus } from "lucide-react";
import { useEffect, useState } from "react";

import { ClassName } from "../../components/ClassName";

const NEW = "\n";

/** Chooses the class of what is selected, or of what is drawn next; a name that is not there yet is a new class. */
export function ClassPicker({
  names,
  value,
  label,
  onPick,
  opened,
  onOpened,
}: {
  names: readonly string[];
  value: string | null;
  label: string;
  onPick: (name: string) => void;
  opened: boolean;
  onOpened: (opened: boolean) => void;
}) {
  const [search, setSearch] = useState("");
  const combobox = useCombobox({ opened, onOpenedChange: onOpened, onDropdownClose: () => setSearch("") });
  const wanted = search.trim();
  const found = names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()));
  const isNew = wanted !== "" && !names.includes(wanted);
  useEffect(() => {
    if (opened) combobox.focusSearchInput();
    // The store is made anew at each rendering.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [opened]);
  useEffect(() => {
    combobox.selectFirstOption();
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [search, opened]);
  const submit = (choice: string) => {
    onOpened(false);
    onPick(choice === NEW ? wanted : choice);
  };
  return (
    <Combobox store={combobox} onOptionSubmit={submit} width={280} position="bottom-start" withinPortal={false}>
      <Combobox.Target targetType="button">
        <Button
          variant="default"
          size="compact-md"
          h={34}
          maw={200}
          aria-label={`${label}: ${value ?? "none yet"}`}
          rightSection={<ChevronDown size={14} aria-hidden />}
          onClick={() => onOpened(!opened)}
        >
          {value === null ? "Choose a class" : <ClassName name={value} />}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          placeholder="Search, or type a new class"
          aria-label="Search classes, or type a new one"
          maxLength={191}
        />
        <Combobox.Options aria-label="Classes" mah={280} style={{ overflowY: "auto" }}>
          {found.map((name) => (
            <Combobox.Option key={name} value={name} active={name === value}>
              <Group justify="space-between" wrap="nowrap" gap="xs">
                <ClassName name={name} />
                {names.indexOf(name) < 9 && <Kbd size="xs">{names.indexOf(name) + 1}</Kbd>}
              </Group>
            </Combobox.Option>
          ))}
          {isNew && (
            <Combobox.Option value={NEW}>
              <Group gap={6} wrap="nowrap">
                <Plus size={14} aria-hidden />
                <Text size="sm" truncate>
                  New class “{wanted}”
                </Text>
              </Group>
            </Combobox.Option>
          )}
          {found.length === 0 && !isNew && <Combobox.Empty>Type the name of the first class</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
